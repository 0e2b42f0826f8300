#!/usr/bin/env python3
"""Cuts the power under a real file system and compares what comes back with a model.

The data directory lies on ext4 or XFS in a file behind a loop device. While four writers pipeline
commands and snapshots are being written, the file system is shut down without a flush of its log
(ioctl 0x8004587D, GOINGDOWN_NOLOGFLUSH), the server is killed, and the file system mounted again.
Only replies read before the shutdown count, as a sync under way may then return without having kept
anything. Must hold: every acknowledged command is there and the state is that of a prefix of each
writer's commands. Two cuts with a sync that does nothing must lose commands, or this script would
prove nothing.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import time
from typing import List, Optional

from kill import Snapshots
from life import Life
from script import Script, bites, totals

SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
IMAGE_BYTES = {"ext4": 96 << 20, "xfs": 320 << 20}
CUTS_A_DIRECTORY = 20


class Disk:
    """A file system in a file, mounted."""

    def __init__(self, script: Script, kind: str) -> None:
        self.place = script.place / "disk"
        self.device: Optional[str] = None
        if os.geteuid() != 0:
            script.skip("only root can mount a file system")
        missing = [one for one in ("losetup", f"mkfs.{kind}", "mount") if not shutil.which(one)]
        if missing:
            script.skip(f"missing: {', '.join(missing)} (packages mount, e2fsprogs, xfsprogs)")
        image = script.place / "image"
        with open(image, "wb") as file:
            file.truncate(IMAGE_BYTES[kind])
        self.place.mkdir()
        try:
            self.device = _run("losetup", "--find", "--show", str(image)).strip()
            _run(f"mkfs.{kind}", "-q", self.device)
            self.mount()
        except subprocess.CalledProcessError as error:
            self.end()
            script.skip(f"no file system in a file can be mounted here: {error.stderr.strip()}")

    def mount(self) -> None:
        """Mounts it, which replays its log."""
        assert self.device is not None
        _run("mount", self.device, str(self.place))

    def unmount(self) -> None:
        """Unmounts it; who has just died may still hold a file for a moment."""
        for attempt in range(100):
            try:
                _run("umount", str(self.place))
                return
            except subprocess.CalledProcessError:
                if attempt == 99:
                    raise
                time.sleep(0.02)

    def cut(self) -> None:
        """Takes the power away: nothing more reaches the device."""
        descriptor = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("<I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def end(self) -> None:
        """Unmounts and frees the loop device."""
        subprocess.run(["umount", str(self.place)], capture_output=True)
        if self.device is not None:
            subprocess.run(["losetup", "--detach", self.device], capture_output=True)


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def cut_once(script: Script, disk: Disk, life: Life, every: List[str], **how: object) -> int:
    """One part of a life, ended by a cut; gives how many snapshots were written."""
    with script.start(life.directory, *every, **how) as server:
        server.ready()
        if life.sequence is None:
            life.begin(server)
        else:
            life.check(server)
        life.write(server)
        taker = Snapshots(server.address, script.random)
        taker.start()
        time.sleep(script.random.uniform(0.005, 0.080))
        life.freeze()
        disk.cut()
        server.kill()
        life.join()
        taker.join()
    disk.unmount()
    disk.mount()
    return taker.written


def power_cut(script: Script) -> str:
    every = script.snapshots_every("200ms")
    disk = Disk(script, script.arguments.fs)
    lives: List[Life] = []
    snapshots = 0
    try:
        found_out = bites(
            script, "fdatasync", disk.place, lambda life, environment: cut_once(
                script, disk, life, [], environment=environment))
        while not script.is_over():
            life = Life(f"{script.seed} {len(lives)}", disk.place / f"shop-{len(lives)}")
            lives.append(life)
            for _ in range(CUTS_A_DIRECTORY):
                snapshots += cut_once(script, disk, life, every)
                script.done += 1
                if script.is_over():
                    break
            with script.start(life.directory) as server:
                life.check(server.ready())
            shutil.rmtree(life.directory)
    finally:
        disk.end()
    sums = totals(lives)
    return (
        f"{script.done} power cuts on {script.arguments.fs}: 0 of {sums['acknowledged']} "
        f"acknowledged commands lost, 0 phantoms, 0 wrong columns; {sums['recovered']} more were "
        f"there without a reply, {snapshots} snapshots; {found_out}")


if __name__ == "__main__":
    the_script = Script(__doc__, count=10, many="power cuts")
    the_script.parser.add_argument("--fs", choices=sorted(IMAGE_BYTES), default="ext4")
    the_script.run(power_cut)

#!/usr/bin/env python3
"""Cuts the power under a real file system and compares what comes back with a model.

The data directory lies on ext4 or XFS in a file behind a loop device. While four writers pipeline
commands and snapshots are being written, the file system is shut down without a flush of its log
(ioctl 0x8004587D, GOINGDOWN_NOLOGFLUSH), the server is killed, and the file system mounted again.
Only replies read before the shutdown count, as a sync under way may then return without having kept
anything. Must hold: every acknowledged command is there and the state is that of a prefix of each
writer's commands. Two cuts with a sync that does nothing must lose commands, or this script would
prove nothing.

With --copies nothing is shut down: while the server goes on, the file of the file system is copied in
one instant (a reflink on XFS), and what comes back is the copy.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path
from typing import List, Optional

from kill import Snapshots
from life import Life
from script import Script, bites, totals

SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
IMAGE_BYTES = {"ext4": 96 << 20, "xfs": 320 << 20}
COPIES_BYTES = 1 << 30
CUTS_A_DIRECTORY = 20


class Disk:
    """A file system in a file, mounted."""

    def __init__(self, script: Script, kind: str, place: Path, size: Optional[int] = None) -> None:
        self.place = place
        self.image = place.with_suffix(".image")
        self.device: Optional[str] = None
        if os.geteuid() != 0:
            script.skip("only root can mount a file system")
        missing = [one for one in ("losetup", f"mkfs.{kind}", "mount") if not shutil.which(one)]
        if missing:
            script.skip(f"missing: {', '.join(missing)} (packages mount, e2fsprogs, xfsprogs)")
        with open(self.image, "wb") as file:
            file.truncate(size or IMAGE_BYTES[kind])
        self.place.mkdir()
        try:
            _run(f"mkfs.{kind}", "-q", *(("-F",) if kind == "ext4" else ()), str(self.image))
            self.mount()
        except subprocess.CalledProcessError as error:
            self.end()
            script.skip(f"no file system in a file can be mounted here: {error.stderr.strip()}")

    def mount(self) -> None:
        """Mounts it, which replays its log."""
        self.device = _run("losetup", "--find", "--show", str(self.image)).strip()
        _run("mount", self.device, str(self.place))

    def unmount(self) -> None:
        """Unmounts it; who has just died may still hold a file for a moment."""
        for attempt in range(100):
            try:
                _run("umount", str(self.place))
                break
            except subprocess.CalledProcessError:
                if attempt == 99:
                    raise
                time.sleep(0.02)
        self._detach()

    def cut(self) -> None:
        """Takes the power away: nothing more reaches the device."""
        descriptor = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("<I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def power_up(self) -> None:
        """Gives the power back."""
        self.unmount()
        self.mount()

    def end(self) -> None:
        """Unmounts and frees the loop device."""
        subprocess.run(["umount", str(self.place)], capture_output=True)
        self._detach()

    def _detach(self) -> None:
        if self.device is not None:
            subprocess.run(["losetup", "--detach", self.device], capture_output=True)
        self.device = None


class CopiedDisk(Disk):
    """One whose cut is a copy of its file in one instant; what uses it goes on."""

    def __init__(self, script: Script, kind: str, place: Path) -> None:
        self.below = Disk(script, "xfs", place.with_name("below"), COPIES_BYTES)
        try:
            super().__init__(script, kind, place)
            self.unmount()
            self.image = Path(shutil.move(self.image, self.below.place))
            self.mount()
        except BaseException:
            self.below.end()
            raise
        self.copy = self.image.with_suffix(".copy")

    def cut(self) -> None:
        _run("cp", "--reflink=always", str(self.image), str(self.copy))

    def power_up(self) -> None:
        self.unmount()
        self.copy.replace(self.image)
        self.mount()

    def end(self) -> None:
        super().end()
        self.below.end()


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
    disk.power_up()
    return taker.written


def power_cut(script: Script) -> str:
    every = script.snapshots_every("200ms")
    kind, are_copies = script.arguments.fs, script.arguments.copies
    disk = (CopiedDisk if are_copies else Disk)(script, kind, script.place / "disk")
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
    what = "copies of a running" if are_copies else "power cuts on"
    return (
        f"{script.done} {what} {kind}: 0 of {sums['acknowledged']} acknowledged commands lost, "
        f"0 phantoms, 0 wrong columns; {sums['recovered']} more were there without a reply, {snapshots} snapshots; {found_out}")


if __name__ == "__main__":
    the_script = Script(__doc__, count=10, many="power cuts")
    the_script.parser.add_argument("--fs", choices=sorted(IMAGE_BYTES), default="ext4")
    the_script.parser.add_argument(
        "--copies", action="store_true", help="copy the file of the running file system instead")
    the_script.run(power_cut)

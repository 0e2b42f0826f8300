// Threads, mailboxes, counters, clocks and signals: what passes between threads.

import Glibc
import Platform
import Synchronization
import Testing

@Suite("Thread and Mailbox")
struct ThreadTests {
  @Test("messages of several threads all arrive, each thread's in its order")
  func messages() throws {
    let mailbox = try Mailbox<(Int, Int)>()
    let first = try Thread(name: "first") { for number in 0..<2_000 { mailbox.post((0, number)) } }
    let second = try Thread(name: "second") {
      for number in 0..<2_000 { mailbox.post((1, number)) }
    }
    var next = [0, 0]
    while next != [2_000, 2_000] {
      for (sender, number) in mailbox.wait() {
        #expect(number == next[sender])
        next[sender] += 1
      }
    }
    first.join()
    second.join()
    #expect(mailbox.takeAll().isEmpty)
  }

  @Test("waiting ends with the time")
  func timeout() throws {
    let mailbox = try Mailbox<Int>()
    let clock = SystemClock()
    let start = clock.monotonicMicros()
    #expect(mailbox.wait(timeoutMillis: 30).isEmpty)
    #expect(clock.monotonicMicros() - start >= 29_000)
  }

  @Test("a full mailbox wakes an epoll until it is emptied")
  func waking() throws {
    let mailbox = try Mailbox<Int>()
    var epoll = try Epoll()
    try epoll.add(mailbox.descriptorNumber, token: 77, interest: .read)
    #expect(try epoll.wait(timeoutMillis: 0) == 0)
    mailbox.post(1)
    mailbox.post(2)
    #expect(try epoll.wait(timeoutMillis: 1_000) == 1)
    #expect(epoll.event(at: 0).token == 77 && epoll.event(at: 0).isReadable)
    #expect(mailbox.takeAll() == [1, 2])
    #expect(try epoll.wait(timeoutMillis: 0) == 0)
  }

  @Test("a signal is taken from its descriptor and does not end the process")
  func signals() throws {
    let seen = Mutex<[Int32]>([])
    // On a thread of its own: the mask is the thread's, and the test runner keeps its own.
    let thread = try Thread(name: "signals") {
      do {
        let signals = try SignalDescriptor()
        pthread_kill(pthread_self(), SIGTERM)
        while let signal = signals.take() { seen.withLock { $0.append(signal) } }
      } catch {
        Issue.record(error)
      }
    }
    thread.join()
    #expect(seen.withLock { $0 } == [SIGTERM])
  }

  @Test("the process knows its memory, its time, its cores")
  func facts() throws {
    #expect(try ProcessFacts.residentBytes() > 1 << 20)
    #expect(try ProcessFacts.processorNanoseconds() > 0)
    #expect(
      try ProcessFacts.processorNanoseconds(of: ProcessFacts.processID) > 0)
    #expect(ProcessFacts.pageBytes >= 4096 && ProcessFacts.coreCount >= 1)
    #expect(throws: SystemError.self) { try ProcessFacts.processorNanoseconds(of: -5) }
  }
}

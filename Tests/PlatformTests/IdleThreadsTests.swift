// Threads that make way for all others: they do what they are given, each task once, and end.

import Glibc
import Platform
import Synchronization
import Testing

@Suite("IdleThreads")
struct IdleThreadsTests {
  @Test("each task is done once, and its result is in its place", arguments: [1, 2, 5])
  func tasks(threads: Int) throws {
    let done = Mutex<[Int: Int]>([:])
    let sums = try IdleThreads.with(threads) { idle in
      #expect(idle.count == threads)
      return [0, 1, 3, 200].map { count in
        (try? idle.run(count) { number in
          done.withLock { $0[number, default: 0] += 1 }
          return number * number
        }) ?? [-1]
      }
    }
    #expect(sums == [0, 1, 3, 200].map { (0..<$0).map { $0 * $0 } })
    // Number 0 was in three of the four, 1 and 2 in two, the others in one.
    done.withLock { done in
      #expect(done.count == 200)
      for (number, times) in done { #expect(times == (number == 0 ? 3 : number < 3 ? 2 : 1)) }
    }
  }

  @Test("the same threads work again and again, and never the one that waits")
  func stay() throws {
    let own = pthread_self()
    let workers = try IdleThreads.with(3) { idle in
      Set((0..<20).flatMap { _ in (try? idle.run(30) { _ in pthread_self() }) ?? [own] })
    }
    #expect((1...3).contains(workers.count))
    #expect(!workers.contains(own))
  }
}

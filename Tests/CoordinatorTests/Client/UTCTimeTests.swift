import Coordinator
import Foundation
import Testing

struct UTCTimeTests {
    @Test func `moments are those of the system's calendar`() {
        let formatter = ISO8601DateFormatter()
        var moments: [Int64] = [0, -1, 951_782_400, 951_868_799, 1_795_379_208, 4_107_542_400]
        for day in stride(from: Int64(-30000), through: 60000, by: 37) {
            moments.append(day * 86400 + (day * 7919) % 86400)
        }
        for seconds in moments {
            let date = Date(timeIntervalSince1970: Double(seconds))
            #expect(UTCTime.text(seconds) == formatter.string(from: date))
        }
    }
}

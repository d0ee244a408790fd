import Foundation

@testable import MigrationLogic

/// docs/recovery-table.md, made from the table itself.
enum RecoveryDocument {
    private static let path = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../docs/recovery-table.md").standardized

    /// The document as it is in the tree; written anew first when UPDATE_DOCUMENTS is set.
    static func committed() throws -> String {
        if ProcessInfo.processInfo.environment["UPDATE_DOCUMENTS"] != nil {
            try text.write(to: path, atomically: true, encoding: .utf8)
        }
        return try String(contentsOf: path, encoding: .utf8)
    }

    static var text: String {
        var lines = [header]
        lines.append("| # | phase | kind | source | destination | its mark | libvirt's job | action | because |")
        lines.append("|---|---|---|---|---|---|---|---|---|")
        for (index, row) in RecoveryTable.rows.enumerated() { lines.append(line(index + 1, row)) }
        lines.append("")
        return lines.joined(separator: "\n")
    }

    private static func line(_ number: Int, _ row: RecoveryRow) -> String {
        let destination =
            row.readsAgree == false ? "two reads differ" : words(row.destinations.map(\.rawValue))
        let columns = [
            "\(number)", words(row.phases.map(\.rawValue)), words(row.kinds.map { "\($0)" }),
            words(row.sources.map(\.rawValue)), destination,
            row.isMarked.map { $0 ? "this job's" : "not this job's" } ?? "any",
            words(row.work.map(\.rawValue)), "**\(row.action.rawValue)**", row.reason,
        ]
        return "| " + columns.joined(separator: " | ") + " |"
    }

    private static func words(_ values: [String]) -> String {
        values.isEmpty ? "any" : values.joined(separator: ", ")
    }

    private static let header = """
        # The recovery table

        What is done with a job, after a restart and otherwise. Made from `RecoveryTable` by the tests (`UPDATE_DOCUMENTS=1`);
        they walk every combination of the columns. The first row that matches stands.

        Both hosts are read in the order destination, source, destination, and each must answer under the UUID that was read
        before the transfer.

        - **phase**: *not begun*: the transfer's intent is not in the journal. *call open*: it is, and the call has not come back
          with an end (the daemon was restarted, the connection was lost, the deadline passed). *call ended*: it has, or the move
          was seen on its way and is over. *finishing*: where the guest is was proved.
        - **source, destination**: *unreadable*: no answer, or another host's. *absent*: the host knows no such guest. *defined*: it
          does not run. *running*: it runs, or was stopped by somebody other than a migration. *held*: paused in the middle of a move.
        - **its mark**: whose ownership mark the copy at the destination carries.
        - **queue again**: everything is checked again. **read again**, **wait**, **watch**, **look again**: nothing is touched,
          both hosts are read again; a job that waits for too long becomes `undecided`, one that watches never does, and one that
          looks again settles at the source after `migration.sourceProofSeconds`. **reattach**: the move is shown, and can be
          stopped, as if the daemon had never been away. **settle**: where the guest is is proved. **finish**: what the move left
          is put right, one act at a time, each decided from a fresh reading: the guest is defined where it is if it was defined
          before, the host starts it by itself if it did before, a half that the move left paused is ended, and a definition
          that carries this job's mark is removed from the other host. Nothing without this job's mark is removed or ended.

        """
}

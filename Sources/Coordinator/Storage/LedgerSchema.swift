import GRDB
import WireProtocol

/// The tables of the ledger; `Docs/Ledger.md` explains them.
enum LedgerSchema {
    /// Number of the last migration, in `user_version`.
    static let version = migrations.count
    /// "weft" in the header of the file, by which `file(1)` and we know it.
    static let applicationID = 0x7765_6674

    /// What brings a ledger from each version to the next.
    private static let migrations = [first, second, third]

    /// Brings a database, which is empty or a ledger, up to date in one transaction.
    static func migrate(_ database: Database, path: String) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let tables =
            try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        guard application == applicationID || (application == 0 && tables == 0) else {
            throw LedgerError(.foreign, path)
        }
        guard found <= version else { throw LedgerError(.newer(version: found), path) }
        try database.inTransaction {
            for migration in migrations.dropFirst(found) { try database.execute(sql: migration) }
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
    }

    /// The farm's name, drawn once: it tells this ledger from every other.
    private static let second = """
        CREATE TABLE farm (id BLOB NOT NULL) STRICT;
        INSERT INTO farm VALUES (randomblob(\(WireLimits.farmIDBytes)));
        """

    /// Where results were made, and how far classes of devices are apart.
    private static let third = """
        CREATE TABLE origin (
            job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            shot INTEGER NOT NULL,
            unit TEXT NOT NULL,
            unit_index INTEGER NOT NULL,
            round INTEGER NOT NULL,
            worker TEXT NOT NULL,
            name TEXT NOT NULL,
            device_class TEXT NOT NULL,
            PRIMARY KEY (job, shot, unit, unit_index, round)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE deviation (
            job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            first_class TEXT NOT NULL,
            second_class TEXT NOT NULL,
            ratio REAL NOT NULL,
            PRIMARY KEY (job, first_class, second_class)
        ) STRICT;
        """

    private static let first = """
        CREATE TABLE event (
            sequence INTEGER PRIMARY KEY,
            time INTEGER NOT NULL,
            kind TEXT NOT NULL,
            job INTEGER,
            shot INTEGER,
            unit TEXT,
            unit_index INTEGER,
            round INTEGER,
            worker TEXT,
            instance INTEGER,
            number INTEGER,
            outcome TEXT,
            reason TEXT,
            checksum BLOB,
            bytes INTEGER,
            least REAL,
            largest REAL,
            data TEXT
        ) STRICT;
        CREATE INDEX event_job ON event (job, kind);
        CREATE INDEX event_submitted ON event (job) WHERE kind = 'submitted';
        CREATE INDEX event_discarded ON event (job) WHERE kind = 'discarded';
        CREATE INDEX event_attempt ON event (instance, number) WHERE number IS NOT NULL;

        CREATE TABLE job (
            id INTEGER PRIMARY KEY,
            idempotency_key TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT,
            priority INTEGER NOT NULL,
            submitted_at INTEGER NOT NULL,
            ended_at INTEGER,
            input TEXT NOT NULL,
            output TEXT NOT NULL,
            specification BLOB NOT NULL
        ) STRICT;

        CREATE TABLE shot (
            job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            shot INTEGER NOT NULL,
            first_frame INTEGER NOT NULL,
            frame_count INTEGER NOT NULL,
            window_count INTEGER NOT NULL,
            round_count INTEGER NOT NULL,
            PRIMARY KEY (job, shot)
        ) STRICT;

        CREATE TABLE frame_times (
            job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            first_frame INTEGER NOT NULL,
            frame_count INTEGER NOT NULL,
            times BLOB NOT NULL,
            PRIMARY KEY (job, first_frame)
        ) STRICT;

        CREATE TABLE mismatch (
            job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            shot INTEGER NOT NULL,
            round INTEGER NOT NULL,
            left_window INTEGER NOT NULL,
            right_window INTEGER NOT NULL,
            difference REAL NOT NULL,
            variance REAL NOT NULL,
            ratio REAL NOT NULL,
            PRIMARY KEY (job, shot, round, left_window, right_window)
        ) STRICT;

        CREATE TABLE device_class (
            job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            PRIMARY KEY (job, name)
        ) STRICT;

        CREATE TABLE line (
            job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            time INTEGER NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (job, number)
        ) STRICT;

        CREATE VIEW unit AS
            SELECT job, shot, unit, unit_index, round, worker, instance, number,
                lower(hex(checksum)) AS checksum, bytes, least, largest,
                datetime(time, 'unixepoch') AS finished_at
            FROM event AS finished
            WHERE kind = 'finished' AND NOT EXISTS (
                SELECT 1 FROM event AS lost
                WHERE lost.job = finished.job AND lost.kind = 'lost'
                    AND lost.sequence > finished.sequence AND lost.shot = finished.shot
                    AND lost.unit = finished.unit AND lost.unit_index = finished.unit_index
                    AND lost.round = finished.round
            );

        CREATE VIEW attempt AS
            SELECT granted.job, granted.shot, granted.unit, granted.unit_index, granted.round,
                granted.worker, granted.instance, granted.number,
                datetime(granted.time, 'unixepoch') AS granted_at,
                datetime(done.time, 'unixepoch') AS ended_at,
                done.time - granted.time AS seconds,
                CASE done.kind WHEN 'finished' THEN 'finished' ELSE done.outcome END AS outcome,
                done.reason
            FROM event AS granted
            LEFT JOIN event AS done
                ON done.instance = granted.instance AND done.number = granted.number
                    AND done.kind IN ('ended', 'finished')
            WHERE granted.kind = 'granted';

        CREATE VIEW worker AS
            SELECT worker,
                sum(kind = 'granted') AS granted,
                sum(kind = 'finished') AS finished,
                sum(kind = 'ended' AND outcome LIKE 'failed%') AS failed,
                (SELECT outcome FROM event AS standing
                    WHERE standing.worker = event.worker AND standing.kind = 'workerChanged'
                    ORDER BY sequence DESC LIMIT 1) AS standing,
                datetime(max(time), 'unixepoch') AS last_seen
            FROM event
            WHERE worker IS NOT NULL
            GROUP BY worker;
        """
}

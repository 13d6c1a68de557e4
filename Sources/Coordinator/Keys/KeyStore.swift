package import ZeroMQ

/// What a key's holder may do.
package enum KeyRole: String, CaseIterable, Hashable, Sendable {
    /// Takes units and delivers results.
    case worker
    /// Submits, watches and changes jobs.
    case client
}

/// A key that passes the handshake, and who holds it.
package struct EnrolledKey: Hashable, Sendable {
    package let name: String
    package let role: KeyRole
    package let key: CurveKey

    package init(name: String, role: KeyRole, key: CurveKey) {
        self.name = name
        self.role = role
        self.key = key
    }
}

/// The coordinator's keys on the disk.
///
/// `server.secret` and `server.public` are its own; `allowed/NAME.worker` and `allowed/NAME.client`
/// hold the public keys of those who may connect, one file each, so that enrolling and revoking
/// are one file made or removed, while a coordinator runs or not.
package struct KeyStore: Hashable, Sendable {
    /// Letters of a name at most.
    package static let nameLettersLimit = 64
    package let folder: String

    /// The store in `folder`, which need not be there yet.
    package init(folder: String) {
        self.folder = folder
    }

    package var serverSecretPath: String { "\(folder)/server.secret" }
    package var serverPublicPath: String { "\(folder)/server.public" }
    package var allowedFolder: String { "\(folder)/allowed" }

    /// Makes the folders and the coordinator's pair.
    ///
    /// - Returns: The pair that was made.
    /// - Throws: `KeyStoreError`, also if there is a pair: everybody who connects relies on it.
    package func generate() throws(KeyStoreError) -> CurveKeyPair {
        let pair: CurveKeyPair
        do {
            pair = try CurveKeyPair.generate()
        } catch {
            throw KeyStoreError(.keys(error))
        }
        try onFiles { () throws(KeyFileError) in
            try KeyFolder.create(folder, mode: 0o700)
            try KeyFolder.create(allowedFolder, mode: 0o700)
            try KeyFile.write(pair, to: serverSecretPath)
        }
        return pair
    }

    /// The coordinator's pair.
    ///
    /// - Throws: `KeyStoreError` if there is none or its file is open to others.
    package func serverKeys() throws(KeyStoreError) -> CurveKeyPair {
        try onFiles { () throws(KeyFileError) in try KeyFile.readPair(serverSecretPath) }
    }

    /// Lets the holder of `key` in, from the next look of a running coordinator on.
    ///
    /// Enrolling what is enrolled already under that name and role changes nothing.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 letters, digits, `.`, `_` and `-`, starting with a letter or digit.
    ///   - role: What the holder may do.
    ///   - key: The holder's public key.
    /// - Throws: `KeyStoreError` if the name is not one or taken, or the key has another name.
    package func enrol(
        _ name: String,
        as role: KeyRole,
        key: CurveKey
    ) throws(KeyStoreError) {
        guard KeyStore.isName(name) else { throw KeyStoreError(.invalidName(name)) }
        let enrolled = EnrolledKey(name: name, role: role, key: key)
        for other in try list().keys where other != enrolled {
            if other.name == name { throw KeyStoreError(.nameTaken(name)) }
            if other.key == key { throw KeyStoreError(.keyTaken(name: other.name)) }
        }
        try onFiles { () throws(KeyFileError) in try KeyFile.write(key, to: path(enrolled)) }
    }

    /// Lets the holder in no longer; a running coordinator drops it within seconds.
    ///
    /// - Parameter name: Who was enrolled.
    /// - Returns: What was revoked.
    /// - Throws: `KeyStoreError` if nobody has that name.
    package func revoke(_ name: String) throws(KeyStoreError) -> EnrolledKey {
        guard let enrolled = try list().keys.first(where: { $0.name == name }) else {
            throw KeyStoreError(.unknownName(name))
        }
        try onFiles { () throws(KeyFileError) in try KeyFolder.remove(path(enrolled)) }
        return enrolled
    }

    /// Who is enrolled, by name, and the files that are not what they should be.
    ///
    /// A file that is not a key lets nobody in and keeps nobody else out.
    ///
    /// - Throws: `KeyStoreError` if the folder cannot be read or others can write to it.
    package func list() throws(KeyStoreError) -> (keys: [EnrolledKey], faults: [KeyStoreError]) {
        let entries = try onFiles { () throws(KeyFileError) in try self.entries() }
        return read(entries)
    }

    func entries() throws(KeyFileError) -> [KeyFolder.Entry] {
        try KeyFolder.entries(allowedFolder)
    }

    func read(_ entries: [KeyFolder.Entry]) -> (keys: [EnrolledKey], faults: [KeyStoreError]) {
        var keys: [EnrolledKey] = []
        var faults: [KeyStoreError] = []
        var names: [CurveKey: String] = [:]
        for entry in entries {
            guard let dot = entry.name.lastIndex(of: "."),
                let role = KeyRole(rawValue: String(entry.name[dot...].dropFirst())),
                KeyStore.isName(String(entry.name[..<dot]))
            else { continue }
            let name = String(entry.name[..<dot])
            do {
                let key = try KeyFile.readPublic("\(allowedFolder)/\(entry.name)")
                if let other = names.updateValue(name, forKey: key) {
                    // Which of the two counts would be chance.
                    keys.removeAll { $0.key == key }
                    faults.append(KeyStoreError(.keyTaken(name: other)))
                } else {
                    keys.append(EnrolledKey(name: name, role: role, key: key))
                }
            } catch {
                faults.append(KeyStoreError(.file(error)))
            }
        }
        return (keys, faults)
    }

    private func path(_ enrolled: EnrolledKey) -> String {
        "\(allowedFolder)/\(enrolled.name).\(enrolled.role.rawValue)"
    }

    static func isName(_ name: String) -> Bool {
        func isPlain(_ letter: UInt8) -> Bool {
            letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")
                || letter >= UInt8(ascii: "A") && letter <= UInt8(ascii: "Z")
                || letter >= UInt8(ascii: "0") && letter <= UInt8(ascii: "9")
        }
        let letters = name.utf8
        return letters.count <= nameLettersLimit && letters.first.map(isPlain) == true
            && letters.allSatisfy { isPlain($0) || "._-".utf8.contains($0) }
    }

    private func onFiles<Value>(
        _ body: () throws(KeyFileError) -> Value
    ) throws(KeyStoreError) -> Value {
        do {
            return try body()
        } catch {
            throw KeyStoreError(.file(error))
        }
    }
}

/// What keeps keys from being made, read, enrolled or revoked.
package struct KeyStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case file(KeyFileError)
        case keys(ZeroMQError)
        case invalidName(String)
        case nameTaken(String)
        case keyTaken(name: String)
        case unknownName(String)
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }

    package var description: String {
        switch code {
        case .file(let error): error.description
        case .keys(let error): error.description
        case .invalidName(let name):
            "name \(name.debugDescription): expected 1 to \(KeyStore.nameLettersLimit) letters, "
                + "digits, '.', '_' and '-', a letter or digit first"
        case .nameTaken(let name):
            "\(name) is enrolled with another key or role; revoke it first"
        case .keyTaken(let name): "the key is enrolled already, as \(name)"
        case .unknownName(let name): "nobody is enrolled as \(name)"
        }
    }
}

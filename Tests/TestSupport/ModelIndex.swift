package import Tensors

/// Changes the `model_index.json` of a model's folder.
///
/// - Parameters:
///   - folder: The model.
///   - change: Changes the file's keys.
/// - Throws: `FileError` or `JSONError` if the file is not as a model has it.
package func changeModelIndex(
    of folder: String,
    _ change: (inout [String: JSONValue]) -> Void
) throws {
    let path = "\(folder)/model_index.json"
    guard case .object(var keys) = try JSONValue.parse(SystemFile.read(path, limit: 1 << 20))
    else { preconditionFailure("\(path) holds no object") }
    change(&keys)
    try SystemFile.writeAtomically(Array(JSONValue.object(keys).serialized().utf8), to: path)
}

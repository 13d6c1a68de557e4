/// The version of weft.
package let weftVersion = "0.1.0"

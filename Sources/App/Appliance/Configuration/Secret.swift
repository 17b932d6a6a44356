/// The content of a credential. It never shows itself: neither printing, nor interpolating, nor a
/// debugger's dump of a value that holds it tells more than that it is there.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// As text; nil when it is not UTF-8.
    package var text: String? { String(validating: bytes, as: UTF8.self) }

    package var description: String { "<hidden>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

import CLinux
import Glibc

/// Which build this is: what the linker noted in the program, which symbols of the same build are
/// found by; the note `NT_GNU_BUILD_ID`, elf(5).
package enum BuildID {
    /// Hexadecimal; nil where it was linked without one.
    package static let own: String? = find().map { bytes in
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The kernel says where the program's own headers are, getauxval(3).
    private static func find() -> [UInt8]? {
        guard Int(getauxval(UInt(AT_PHENT))) == MemoryLayout<Elf64_Phdr>.stride,
            let first = UnsafePointer<Elf64_Phdr>(bitPattern: getauxval(UInt(AT_PHDR)))
        else { return nil }
        let headers = UnsafeBufferPointer(start: first, count: Int(getauxval(UInt(AT_PHNUM))))
        // Where it is loaded, against where it was linked to be.
        let table = headers.first { $0.p_type == UInt32(PT_PHDR) }
        guard let table else { return nil }
        let base = UInt(bitPattern: first) &- UInt(table.p_vaddr)
        for header in headers where header.p_type == UInt32(PT_NOTE) {
            let start = UnsafeRawPointer(bitPattern: base &+ UInt(header.p_vaddr))
            let notes = UnsafeRawBufferPointer(start: start, count: Int(header.p_memsz))
            if let id = find(in: notes, alignment: header.p_align == 8 ? 8 : 4) { return id }
        }
        return nil
    }

    /// - Parameters:
    ///   - notes: each with the lengths of name and content, its type, name, and content.
    ///   - alignment: of name and content, in bytes.
    static func find(in notes: UnsafeRawBufferPointer, alignment: Int) -> [UInt8]? {
        var place = 0
        while place + 12 <= notes.count {
            func word(_ index: Int) -> Int {
                Int(notes.loadUnaligned(fromByteOffset: place + 4 * index, as: UInt32.self))
            }
            func aligned(_ length: Int) -> Int { (length + alignment - 1) / alignment * alignment }
            let (name, content, type) = (word(0), word(1), word(2))
            let from = place + 12 + aligned(name)
            guard from + content <= notes.count else { return nil }
            let isBuild = type == Int(NT_GNU_BUILD_ID)
            if isBuild, notes[(place + 12)...].prefix(name).elementsEqual("GNU\0".utf8) {
                return Array(notes[from..<(from + content)])
            }
            place = from + aligned(content)
        }
        return nil
    }
}

/// The parts that all plots share. Everything is drawn with classes; the page's style has the
/// colours for light, dark and paper.
struct PlotSVG {
    private var body = ""
    let frame: PlotFrame
    private let id: String
    private let title: String
    private let description: String

    /// - Parameters:
    ///   - id: unique in the page.
    ///   - title: what is shown; read aloud in place of the picture.
    ///   - description: the picture in a sentence, with its values.
    init(id: String, title: String, description: String, frame: PlotFrame) {
        self.id = id
        self.title = title
        self.description = description
        self.frame = frame
    }

    var text: String {
        """
        <svg role="img" aria-labelledby="\(id)-t \(id)-d" \
        viewBox="0 0 \(svg(PlotFrame.width)) \(svg(frame.height))">\
        <title id="\(id)-t">\(escaped(title))</title>\
        <desc id="\(id)-d">\(escaped(description))</desc>
        \(body)</svg>

        """
    }

    mutating func add(_ element: String) { body += element + "\n" }

    /// Lines across with their labels; the line at zero is stronger.
    mutating func heights(_ label: (Double) -> String) {
        for tick in frame.ticks {
            let y = svg(frame.y(tick))
            let name = tick == 0 ? "zero" : "grid"
            line(name, PlotFrame.left, y, frame.x(1), y)
            add(
                "<text class=\"end\" x=\"\(svg(PlotFrame.left - 8))\" y=\"\(y)\" dy=\".35em\">"
                    + "\(escaped(label(tick)))</text>")
        }
    }

    /// Labels below, `part` 0 ... 1 of the width; the last one stays inside.
    mutating func places(_ ticks: [(part: Double, label: String)]) {
        for tick in ticks {
            let x = frame.x(tick.part)
            line("tick", x, svg(frame.floor), x, svg(frame.floor + 5))
            // A digit is about seven units wide.
            let half = Double(tick.label.count) * 3.5
            let inside = min(x, PlotFrame.width - half - 2)
            add(
                "<text class=\"middle\" x=\"\(svg(inside))\" y=\"\(svg(frame.floor + 20))\">"
                    + "\(escaped(tick.label))</text>")
        }
    }

    mutating func line(_ name: String, _ x1: Double, _ y1: String, _ x2: Double, _ y2: String) {
        add(
            "<line class=\"\(name)\" x1=\"\(svg(x1))\" y1=\"\(y1)\" x2=\"\(svg(x2))\" "
                + "y2=\"\(y2)\"/>")
    }

    /// A line through `points`; with `base`, the area between it and that height below it.
    mutating func curve(_ name: String, _ points: [(x: Double, y: Double)], base: Double? = nil) {
        guard let first = points.first, let last = points.last else { return }
        var path = ""
        for (index, point) in points.enumerated() {
            path += "\(index == 0 ? "M" : "L")\(svg(point.x)) \(svg(point.y))"
        }
        if let base {
            let floor = svg(frame.y(base))
            add("<path class=\"\(name) area\" d=\"\(path)V\(floor)H\(svg(first.x))Z\"/>")
        }
        add("<path class=\"\(name) line\" d=\"\(path)\"/>")
        if points.count == 1 { dot(name, last) }
    }

    mutating func dot(_ name: String, _ point: (x: Double, y: Double)) {
        add("<circle class=\"\(name) dot\" cx=\"\(svg(point.x))\" cy=\"\(svg(point.y))\" r=\"4\"/>")
    }

    /// A bar from zero to `value`, with a hint.
    mutating func bar(_ name: String, x: Double, width: Double, value: Double, hint: String) {
        let (top, zero) = (frame.y(max(value, 0)), frame.y(min(value, 0)))
        let height = max(value == 0 ? 0 : 0.5, zero - top)
        add(
            "<rect class=\"bar \(name)\" x=\"\(svg(x))\" y=\"\(svg(top))\" width=\"\(svg(width))\" "
                + "height=\"\(svg(height))\"><title>\(escaped(hint))</title></rect>")
    }

    /// A strip over the whole height that shows `hint` and a mark where the pointer is.
    mutating func strip(from: Double, to: Double, at point: (x: Double, y: Double), hint: String) {
        let (top, floor) = (svg(PlotFrame.top), svg(frame.floor))
        add(
            "<g class=\"strip\"><rect x=\"\(svg(from))\" y=\"\(top)\" width=\"\(svg(to - from))\" "
                + "height=\"\(svg(frame.floor - PlotFrame.top))\"/>"
                + "<line x1=\"\(svg(point.x))\" y1=\"\(top)\" x2=\"\(svg(point.x))\" "
                + "y2=\"\(floor)\"/><circle cx=\"\(svg(point.x))\" cy=\"\(svg(point.y))\" r=\"4\"/>"
                + "<title>\(escaped(hint))</title></g>")
    }
}

/// Text within HTML or an attribute: what has a meaning there stands for itself.
func escaped(_ text: String) -> String {
    var result = ""
    for character in Humane.plain(text).unicodeScalars {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        default: result.unicodeScalars.append(character)
        }
    }
    return result
}

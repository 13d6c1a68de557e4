import CFFmpeg
import Glibc

/// A chain of the library's filters with one way in and one way out.
@safe final class FilterGraph {
    private let graph: UnsafeMutablePointer<AVFilterGraph>
    /// Both live as long as the graph.
    private let source: UnsafeMutablePointer<AVFilterContext>
    private let sink: UnsafeMutablePointer<AVFilterContext>
    private let format: PictureFormat
    private let file: String
    private var hasEnded = false

    /// Builds a graph.
    ///
    /// - Parameters:
    ///   - chain: The filters as the library's own tools take them, with commas between.
    ///   - format: The pictures that will go in.
    ///   - file: Whose pictures they are, for errors.
    /// - Throws: `FFmpegError` if the installed library lacks a filter.
    init(_ chain: String, of format: PictureFormat, file: String) throws(FFmpegError) {
        guard let graph = unsafe avfilter_graph_alloc() else { fatalError("out of memory") }
        // One thread and one kind of arithmetic: the same bytes on every machine.
        unsafe graph.pointee.nb_threads = 1
        unsafe graph.pointee.scale_sws_opts = av_strdup("flags=\(PictureFormat.scalerFlags)")
        var source: UnsafeMutablePointer<AVFilterContext>?
        var sink: UnsafeMutablePointer<AVFilterContext>?
        let status = unsafe openFilters(
            chain,
            in: graph,
            source: ("buffer", format.sourceOptions),
            sink: "buffersink",
            &source,
            &sink
        )
        guard status >= 0, let source = unsafe source, let sink = unsafe sink else {
            var graph: UnsafeMutablePointer<AVFilterGraph>? = unsafe graph
            unsafe avfilter_graph_free(&graph)
            throw FFmpegError(.library(status), operation: "filter (\(chain))", file: file)
        }
        unsafe self.graph = graph
        unsafe self.source = source
        unsafe self.sink = sink
        self.format = format
        self.file = file
    }

    deinit {
        var graph: UnsafeMutablePointer<AVFilterGraph>? = unsafe graph
        unsafe avfilter_graph_free(&graph)
    }

    /// Puts a picture in.
    ///
    /// - Parameters:
    ///   - picture: Of the graph's format; it stays as it is.
    ///   - number: What the picture that comes out is known by; ascends.
    /// - Throws: `FFmpegError` if a filter fails.
    func push(_ picture: Picture, number: Int64) throws(FFmpegError) {
        precondition(!hasEnded, "\(file): a picture after the last")
        let copy = Picture()
        try check(unsafe av_frame_ref(copy.frame, picture.frame))
        unsafe copy.frame.pointee.pts = number
        unsafe copy.frame.pointee.colorspace = format.matrix
        unsafe copy.frame.pointee.color_range = format.range
        try check(unsafe av_buffersrc_add_frame_flags(source, copy.frame, 0))
    }

    /// Says that no more pictures come, so that filters give out what they hold.
    func finish() throws(FFmpegError) {
        guard !hasEnded else { return }
        hasEnded = true
        try check(unsafe av_buffersrc_add_frame_flags(source, nil, 0))
    }

    /// The next picture that is ready, with its number; nil if the filters want more.
    func pull() throws(FFmpegError) -> (picture: Picture, number: Int64)? {
        let picture = Picture()
        let status = unsafe av_buffersink_get_frame(sink, picture.frame)
        if status == weft_averror(EAGAIN) || status == weft_averror_eof() { return nil }
        try check(status)
        picture.toneMap = format.transfer.map { ToneMap.of($0, isWide: format.isWide) }
        // A deinterlacer counts in half ticks.
        let unit = unsafe av_buffersink_get_time_base(sink)
        let whole = AVRational(num: 1, den: 1)
        return (picture, unsafe av_rescale_q(picture.frame.pointee.pts, unit, whole))
    }

    private func check(_ status: Int32) throws(FFmpegError) {
        guard status >= 0 else {
            throw FFmpegError(.library(status), operation: "filter", file: file)
        }
    }
}

/// Builds a chain of filters between a source and a sink, which then belong to the graph.
///
/// - Returns: The libraries' negative error number, or no error.
func openFilters(
    _ chain: String,
    in graph: UnsafeMutablePointer<AVFilterGraph>,
    source: (filter: String, options: String),
    sink: String,
    _ first: inout UnsafeMutablePointer<AVFilterContext>?,
    _ last: inout UnsafeMutablePointer<AVFilterContext>?
) -> Int32 {
    var status = unsafe avfilter_graph_create_filter(
        &first,
        avfilter_get_by_name(source.filter),
        "in",
        source.options,
        nil,
        graph
    )
    guard status >= 0 else { return status }
    status = unsafe avfilter_graph_create_filter(
        &last,
        avfilter_get_by_name(sink),
        "out",
        nil,
        nil,
        graph
    )
    guard status >= 0 else { return status }
    // Named from the chain's side: its input is what comes out of the source.
    var outputs = unsafe avfilter_inout_alloc()
    var inputs = unsafe avfilter_inout_alloc()
    defer {
        unsafe avfilter_inout_free(&outputs)
        unsafe avfilter_inout_free(&inputs)
    }
    guard unsafe outputs != nil, unsafe inputs != nil else { fatalError("out of memory") }
    unsafe outputs?.pointee.name = av_strdup("in")
    unsafe outputs?.pointee.filter_ctx = first
    unsafe inputs?.pointee.name = av_strdup("out")
    unsafe inputs?.pointee.filter_ctx = last
    status = unsafe avfilter_graph_parse_ptr(graph, chain, &inputs, &outputs, nil)
    return status < 0 ? status : unsafe avfilter_graph_config(graph, nil)
}

package raw

// The media types that are read.
const (
	MediaPDF      = "application/pdf"
	MediaDOCX     = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	MediaPPTX     = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	MediaXLSX     = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	MediaODT      = "application/vnd.oasis.opendocument.text"
	MediaEPUB     = "application/epub+zip"
	MediaHTML     = "text/html"
	MediaMarkdown = "text/markdown"
	MediaText     = "text/plain"
	MediaCSV      = "text/csv"
	MediaRTF      = "application/rtf"
	MediaEML      = "message/rfc822"
)

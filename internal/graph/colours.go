package graph

import (
	"strconv"
	"unicode"
)

// colours of a box: dark text on a light ground.
type colours struct {
	fill, stroke, text string
}

// kinds lists the kinds of nodes in the order of a legend.
func kinds() []Kind {
	return []Kind{Person, Edge, Network, Compute, Data, Delivery, Security, Monitoring}
}

// frameStyles lists the styles of frames.
func frameStyles() []FrameStyle {
	return []FrameStyle{FrameOutside, FrameAccount, FrameNetwork, FrameTier, FrameCluster}
}

func (k Kind) colours() colours {
	switch k {
	case Person:
		return colours{"#ffffff", "#24292f", "#24292f"}
	case Edge:
		return colours{"#efe5ff", "#6639ba", "#2e1461"}
	case Network:
		return colours{"#eef1f4", "#57606a", "#24292f"}
	case Compute:
		return colours{"#ffe9d6", "#bc4c00", "#5c2200"}
	case Data:
		return colours{"#dcecff", "#0969da", "#0a3069"}
	case Delivery:
		return colours{"#dcf5e3", "#1a7f37", "#0b4019"}
	case Security:
		return colours{"#ffe3e3", "#cf222e", "#6b0d14"}
	default:
		return colours{"#fff4c5", "#9a6700", "#4d3300"}
	}
}

func (s FrameStyle) colours() colours {
	switch s {
	case FrameAccount:
		return colours{"#fbfcfd", "#24292f", "#24292f"}
	case FrameNetwork:
		return colours{"#f5f8fc", "#6e7781", "#24292f"}
	case FrameTier:
		return colours{"#ffffff", "#8c959f", "#24292f"}
	case FrameCluster:
		return colours{"#fffaf5", "#bc4c00", "#5c2200"}
	default:
		return colours{"#f6fbf7", "#1a7f37", "#0b4019"}
	}
}

// shaped tells whether a rune can be seen, or is a space.
func shaped(r rune) bool {
	return r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != unicode.ReplacementChar
}

// quoted writes a text between double quotes, as YAML and JSON read it.
func quoted(text string) string { return strconv.Quote(printable(text)) }

// flows lists the flows in the order of a legend.
func flows() []Flow { return []Flow{Request, Control, Image, Secret, Copy, Signal} }

// colour of the line of a flow.
func (f Flow) colour() string {
	switch f {
	case Request:
		return "#6639ba"
	case Control:
		return "#1a7f37"
	case Image:
		return "#bc4c00"
	case Secret:
		return "#cf222e"
	case Copy:
		return "#0969da"
	default:
		return "#9a6700"
	}
}

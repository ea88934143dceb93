package graph

import "strings"

// Sizes of text, in pixels. No font is embedded: a picture has to fit whatever sans-serif font its reader has, so widths are those of the wide ones.
const (
	sizeTitle   = 18
	sizeHeading = 13
	sizeNote    = 12
	sizeLabel   = 11
)

// runeWidth is how wide a character is at most, in hundredths of the size of the font.
func runeWidth(r rune) int {
	switch {
	case strings.ContainsRune("ijl.,:;'| ", r):
		return 36
	case strings.ContainsRune("frtIJ()[]/-·", r):
		return 44
	case strings.ContainsRune("ckszvxy", r):
		return 60
	case strings.ContainsRune("mwMW@%+=<>#~—…×→", r):
		return 101
	case r >= 'A' && r <= 'Z':
		return 78
	case r < 0x250 || r == '–':
		return 65
	default:
		return 120
	}
}

// textWidth is how wide a text is at most, in pixels. Bold letters are wider.
func textWidth(text string, size int, bold bool) int {
	width := 0
	for _, r := range text {
		width += runeWidth(r)
	}
	if bold {
		width += width / 8
	}
	return (width*size + 99) / 100
}

// wrap breaks a text into lines of a width: at spaces. A word that is wider than a line is broken after a slash, dot or dash, or anywhere if there is
// none.
func wrap(text string, size int, bold bool, width int) []string {
	fits := func(s string) bool { return textWidth(strings.TrimRight(s, " "), size, bold) <= width }
	var lines []string
	line := ""
	add := func(piece string) {
		if line != "" && !fits(line+piece) {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line += piece
	}
	for _, word := range split(text, " ") {
		if fits(word) {
			add(word)
			continue
		}
		for _, piece := range split(word, "/.-_") {
			if fits(piece) {
				add(piece)
				continue
			}
			for _, r := range piece {
				add(string(r))
			}
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

// split divides a text after each of some characters; together the parts are the text.
func split(text, after string) []string {
	var parts []string
	start := 0
	for i, r := range text {
		if strings.ContainsRune(after, r) {
			parts = append(parts, text[start:i+1])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

package manifest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isPlain reports whether s can stand unquoted: YAML 1.1 and 1.2 readers see
// one scalar, and see it as this string and not as a bool, number, date or
// null. It errs on the side of quotes.
func isPlain(s string) bool {
	if s == "" || isReserved(s) {
		return false
	}
	switch c := s[0]; {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', strings.IndexByte(`_/$(\^;`, c) >= 0:
	case '0' <= c && c <= '9':
		if isNumberLike(s) {
			return false
		}
	case c == '-':
		// "--flag" and "-x" are common arguments; "- ", "---", "-1" and "-.5"
		// mean something else to a reader.
		rest := strings.TrimLeft(s, "-")
		if len(s)-len(rest) > 2 || rest == "" || !isLetter(rest[0]) {
			return false
		}
	case c >= utf8.RuneSelf:
	default:
		return false
	}
	if last := s[len(s)-1]; last == ' ' || last == ':' {
		return false
	}
	if strings.Contains(s, ": ") || strings.Contains(s, " #") {
		return false
	}
	return printable(s)
}

// isReserved reports whether s is a word that some YAML reader resolves to a
// bool or null. YAML 1.1 has y, yes, on and their opposites.
func isReserved(s string) bool {
	if len(s) > len("false") {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return true
	}
	return false
}

// isNumberLike reports whether s, which starts with a digit, might be taken
// for a number in any base, a sexagesimal, a version or a date. A character
// outside their alphabet, as in 10.0.0.0/16, 500m or 30s, settles that it is
// none of them.
func isNumberLike(s string) bool {
	if len(s) > 1 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		return true
	}
	return strings.Trim(s, "0123456789_,.:+- eEtTzZ") == ""
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// printable reports whether s is valid UTF-8 that shows on one line as what it
// is. Control, format and bidirectional characters, the byte order mark and
// Unicode's line breaks are not: they are escaped, so that a reviewer sees
// them.
func printable(s string) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || !unicode.IsPrint(r) {
			return false
		}
		i += size
	}
	return true
}

// isBlock reports whether s reads best, and safely, as a literal block: it has
// lines, the first has text and no indentation of its own (it would need an
// indentation indicator), and no line ends in white space, which editors and
// Git would quietly remove.
func isBlock(s string) bool {
	if strings.IndexByte(s, '\n') < 0 || s[0] == '\n' || s[0] == ' ' || s[0] == '\t' {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if line == "" {
			continue
		}
		if last := line[len(line)-1]; last == ' ' || last == '\t' {
			return false
		}
		if !printable(strings.ReplaceAll(line, "\t", " ")) {
			return false
		}
	}
	return true
}

// appendSingleQuoted appends s, which must be printable, in single quotes.
func appendSingleQuoted(buf []byte, s string) []byte {
	buf = append(buf, '\'')
	buf = append(buf, strings.ReplaceAll(s, "'", "''")...)
	return append(buf, '\'')
}

// appendDoubleQuoted appends s, which must be valid UTF-8, in double quotes
// with the escapes that YAML 1.1 and 1.2 share.
func appendDoubleQuoted(buf []byte, s string) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, '"')
	for _, r := range s {
		switch {
		case r == '"', r == '\\':
			buf = append(buf, '\\', byte(r))
		case r == '\n':
			buf = append(buf, '\\', 'n')
		case r == '\t':
			buf = append(buf, '\\', 't')
		case r == '\r':
			buf = append(buf, '\\', 'r')
		case unicode.IsPrint(r):
			buf = utf8.AppendRune(buf, r)
		case r < 0x100:
			buf = append(buf, '\\', 'x', hex[r>>4], hex[r&0xf])
		case r < 0x10000:
			buf = append(buf, '\\', 'u')
			for shift := 12; shift >= 0; shift -= 4 {
				buf = append(buf, hex[r>>shift&0xf])
			}
		default:
			buf = append(buf, '\\', 'U')
			for shift := 28; shift >= 0; shift -= 4 {
				buf = append(buf, hex[r>>shift&0xf])
			}
		}
	}
	return append(buf, '"')
}

package manifest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxSimpleKey is the longest encoded key written as "key: value". YAML ends
// an implicit key after 1024 characters; longer ones need "? key".
const maxSimpleKey = 1000

// Encode returns obj as one YAML document, preceded by the lines of header as
// comments and ended by a newline. An empty header writes none.
//
// Equal input gives equal bytes. Keys are sorted, except that the object
// itself starts with apiVersion, kind, metadata, spec and data, and its
// metadata with name, namespace, labels and annotations. Lines are never
// folded.
//
// The error names the field of a value that YAML for Kubernetes cannot hold: a
// Go type outside [Object]'s, NaN, an infinity, or a string that is not UTF-8.
func Encode(header string, obj map[string]any) ([]byte, error) {
	return Append(nil, header, obj)
}

// Append is Encode into a buffer that the caller reuses. It returns the
// extended buffer; after an error dst holds no partial document.
func Append(dst []byte, header string, obj map[string]any) ([]byte, error) {
	e := encoder{buf: dst}
	if err := e.header(header); err != nil {
		return dst, err
	}
	if len(obj) == 0 {
		return append(e.buf, "{}\n"...), nil
	}
	if err := e.fields(obj, 0, objectOrder); err != nil {
		return dst, fmt.Errorf("encode object: %w", err)
	}
	return e.buf, nil
}

// objectOrder and metadataOrder are the keys that come before the sorted rest,
// because that is where a reader looks first.
const (
	objectOrder   = "apiVersion kind metadata spec data"
	metadataOrder = "name namespace labels annotations"
)

// encoder appends to buf. keys is a stack: every map that is being written
// owns the part above where it started, so that sorting allocates once per
// document and not once per map.
type encoder struct {
	buf  []byte
	keys []string
}

func (e *encoder) header(header string) error {
	if header == "" {
		return nil
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(header, "\n"), "\n") {
		if !printable(line) {
			return fmt.Errorf("encode header: line %q does not fit a comment", line)
		}
		e.buf = append(e.buf, '#')
		if line != "" {
			e.buf = append(e.buf, ' ')
			e.buf = append(e.buf, line...)
		}
		e.buf = append(e.buf, '\n')
	}
	return nil
}

// fields writes the entries of a map that is not empty, each on its own line.
// The first is written where the cursor stands if the cursor is behind a list
// dash; order holds the keys that come first.
func (e *encoder) fields(m map[string]any, indent int, order string) error {
	start := len(e.keys)
	for rest := order; rest != ""; {
		var key string
		key, rest, _ = strings.Cut(rest, " ")
		if _, ok := m[key]; ok {
			e.keys = append(e.keys, key)
		}
	}
	sorted := len(e.keys)
	for key := range m {
		if !slices.Contains(e.keys[start:sorted], key) {
			e.keys = append(e.keys, key)
		}
	}
	slices.Sort(e.keys[sorted:])

	for i, end := start, len(e.keys); i < end; i++ {
		key := e.keys[i]
		if i > start {
			e.indent(indent)
		}
		keyStart := len(e.buf)
		if !e.text(key) {
			return &fieldError{err: fmt.Errorf("key %q is not valid UTF-8", key)}
		}
		if len(e.buf)-keyStart > maxSimpleKey {
			e.buf = slices.Insert(e.buf, keyStart, '?', ' ')
			e.buf = append(e.buf, '\n')
			e.indent(indent)
		}
		e.buf = append(e.buf, ':')

		childOrder := ""
		if order == objectOrder && key == "metadata" {
			childOrder = metadataOrder
		}
		if err := e.value(m[key], indent, childOrder); err != nil {
			return inField(key, err)
		}
	}
	e.keys = e.keys[:start]
	return nil
}

// value writes what follows the colon of a key, up to and with the newline.
func (e *encoder) value(v any, indent int, order string) error {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			e.buf = append(e.buf, " {}\n"...)
			return nil
		}
		e.buf = append(e.buf, '\n')
		e.indent(indent + 2)
		return e.fields(v, indent+2, order)
	case []any:
		if len(v) == 0 {
			e.buf = append(e.buf, " []\n"...)
			return nil
		}
		// A list stands at the column of its key, as kubectl writes it.
		e.buf = append(e.buf, '\n')
		e.indent(indent)
		return e.items(v, indent)
	default:
		e.buf = append(e.buf, ' ')
		return e.scalar(v, indent+2)
	}
}

// items writes the elements of a list that is not empty; the cursor stands at
// the column of the first dash.
func (e *encoder) items(list []any, indent int) error {
	for i, v := range list {
		if i > 0 {
			e.indent(indent)
		}
		e.buf = append(e.buf, "- "...)
		if err := e.item(v, indent+2); err != nil {
			return inIndex(i, err)
		}
	}
	return nil
}

// item writes what follows a list dash, up to and with the newline.
func (e *encoder) item(v any, indent int) error {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			e.buf = append(e.buf, "{}\n"...)
			return nil
		}
		return e.fields(v, indent, "")
	case []any:
		if len(v) == 0 {
			e.buf = append(e.buf, "[]\n"...)
			return nil
		}
		return e.items(v, indent)
	default:
		return e.scalar(v, indent)
	}
}

// scalar writes one value and a newline. indent is the column of the lines of
// a block scalar.
func (e *encoder) scalar(v any, indent int) error {
	switch v := v.(type) {
	case nil:
		e.buf = append(e.buf, "null"...)
	case string:
		if isBlock(v) {
			e.block(v, indent)
			return nil
		}
		if !e.text(v) {
			return &fieldError{err: fmt.Errorf("%q is not valid UTF-8", v)}
		}
	case bool:
		e.buf = strconv.AppendBool(e.buf, v)
	case int64:
		e.buf = strconv.AppendInt(e.buf, v, 10)
	case int:
		e.buf = strconv.AppendInt(e.buf, int64(v), 10)
	case int32:
		e.buf = strconv.AppendInt(e.buf, int64(v), 10)
	case int16:
		e.buf = strconv.AppendInt(e.buf, int64(v), 10)
	case int8:
		e.buf = strconv.AppendInt(e.buf, int64(v), 10)
	case uint64:
		e.buf = strconv.AppendUint(e.buf, v, 10)
	case uint:
		e.buf = strconv.AppendUint(e.buf, uint64(v), 10)
	case uint32:
		e.buf = strconv.AppendUint(e.buf, uint64(v), 10)
	case uint16:
		e.buf = strconv.AppendUint(e.buf, uint64(v), 10)
	case uint8:
		e.buf = strconv.AppendUint(e.buf, uint64(v), 10)
	case float64:
		return e.float(v, 64)
	case float32:
		return e.float(float64(v), 32)
	default:
		return &fieldError{err: fmt.Errorf("type %T has no YAML form", v)}
	}
	e.buf = append(e.buf, '\n')
	return nil
}

// float writes f the way encoding/json does, so that the API server sees the
// number that a client would have sent.
func (e *encoder) float(f float64, bits int) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return &fieldError{err: fmt.Errorf("%v is not a JSON number", f)}
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 {
		small, large := abs < 1e-6, abs >= 1e21
		if bits == 32 {
			small, large = float32(abs) < 1e-6, float32(abs) >= 1e21
		}
		if small || large {
			format = 'e'
		}
	}
	e.buf = strconv.AppendFloat(e.buf, f, format, -1, bits)
	if n := len(e.buf); format == 'e' && n >= 4 && e.buf[n-4] == 'e' && e.buf[n-2] == '0' {
		// encoding/json writes e-9, strconv e-09.
		e.buf[n-2] = e.buf[n-1]
		e.buf = e.buf[:n-1]
	}
	e.buf = append(e.buf, '\n')
	return nil
}

// text writes s on one line, plain if that is safe. It reports whether s is
// valid UTF-8.
func (e *encoder) text(s string) bool {
	switch {
	case isPlain(s):
		e.buf = append(e.buf, s...)
	case !utf8.ValidString(s):
		return false
	case strings.ContainsAny(s, `"\`) && printable(s):
		// JSON and regular expressions stay readable in single quotes.
		e.buf = appendSingleQuoted(e.buf, s)
	default:
		e.buf = appendDoubleQuoted(e.buf, s)
	}
	return true
}

// block writes s as a literal block scalar; isBlock(s) must hold.
func (e *encoder) block(s string, indent int) {
	body := strings.TrimRight(s, "\n")
	e.buf = append(e.buf, '|')
	switch len(s) - len(body) {
	case 0:
		e.buf = append(e.buf, '-')
	case 1:
	default:
		e.buf = append(e.buf, '+')
	}
	e.buf = append(e.buf, '\n')
	for line := range strings.SplitSeq(body, "\n") {
		if line != "" {
			e.indent(indent)
			e.buf = append(e.buf, line...)
		}
		e.buf = append(e.buf, '\n')
	}
	for range len(s) - len(body) - 1 {
		e.buf = append(e.buf, '\n')
	}
}

func (e *encoder) indent(n int) {
	const spaces = "                                "
	for ; n > len(spaces); n -= len(spaces) {
		e.buf = append(e.buf, spaces...)
	}
	e.buf = append(e.buf, spaces[:n]...)
}

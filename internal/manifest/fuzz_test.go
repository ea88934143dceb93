package manifest

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"unicode/utf8"
)

// FuzzEncodeRoundTrip builds objects with the given strings in keys and values
// at any depth and demands that two decoders read back the same.
func FuzzEncodeRoundTrip(f *testing.F) {
	shapes := [][]byte{{}, {0, 1, 2, 3}, {6, 5, 0, 7, 1, 2, 6, 0, 1, 7, 2, 3, 4, 5, 8, 9}, {7, 7, 7, 6, 6, 6, 0, 0, 0, 1, 1, 1}}
	i := 0
	for s := range trickyStrings() {
		f.Add(s, "key", "a\nb\n", shapes[i%len(shapes)])
		i++
	}
	f.Add("# a", "a: b", "\xff", []byte{0, 1, 2, 6, 2, 2})

	f.Fuzz(func(t *testing.T, a, b, c string, shape []byte) {
		builder := builder{strings: [3]string{a, b, c}, shape: shape}
		obj := builder.object()
		got, err := Encode("", obj)
		if !valid(obj) {
			if err == nil {
				t.Fatalf("text that is not UTF-8 was written: %q", got)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(got) {
			t.Fatalf("not UTF-8: %q", got)
		}
		checkRoundTrip(t, obj, got)
	})
}

// builder reads shape as instructions for an object made of strings.
type builder struct {
	strings [3]string
	shape   []byte
	depth   int
}

func (b *builder) object() map[string]any {
	obj := map[string]any{b.text(0): b.text(1), "spec": map[string]any{b.text(1): []any{b.text(2), b.text(0)}, b.text(2): b.text(0)}}
	for len(b.shape) > 0 {
		obj[b.text(b.next())] = b.value()
	}
	return obj
}

func (b *builder) next() byte {
	if len(b.shape) == 0 {
		return 0
	}
	n := b.shape[0]
	b.shape = b.shape[1:]
	return n
}

// text picks one of the strings, whole or a part of it.
func (b *builder) text(n byte) string {
	s := b.strings[n%3]
	if cut := int(n / 3); cut > 0 && s != "" {
		s = s[cut%len(s):]
	}
	return s
}

func (b *builder) value() any {
	n := b.next()
	if b.depth > 40 || len(b.shape) == 0 {
		return b.text(n)
	}
	b.depth++
	defer func() { b.depth-- }()
	switch n % 10 {
	case 0, 1, 2, 3:
		return b.text(n / 10)
	case 4:
		return nil
	case 5:
		return n >= 128
	case 6:
		m := make(map[string]any)
		for range n / 10 % 5 {
			m[b.text(b.next())] = b.value()
		}
		return m
	case 7:
		list := []any{}
		for range n / 10 % 5 {
			list = append(list, b.value())
		}
		return list
	case 8:
		return int64(b.bits())
	default:
		if f := math.Float64frombits(b.bits()); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
		return 0.5
	}
}

func (b *builder) bits() uint64 {
	var data [8]byte
	n := copy(data[:], b.shape)
	b.shape = b.shape[n:]
	return binary.LittleEndian.Uint64(data[:])
}

// valid reports whether all strings in v are UTF-8.
func valid(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			if !utf8.ValidString(key) || !valid(child) {
				return false
			}
		}
	case []any:
		return !slices.ContainsFunc(v, func(child any) bool { return !valid(child) })
	case string:
		return utf8.ValidString(v)
	}
	return true
}

package manifest

import (
	"slices"
	"testing"
)

// trickyStrings are strings and how they are written as the value of a key.
func trickyStrings() map[string]string {
	return map[string]string{
		// Plain.
		"web":                       `web`,
		"10.0.0.0/16":               `10.0.0.0/16`,
		"500m":                      `500m`,
		"30s":                       `30s`,
		"1.5Ti":                     `1.5Ti`,
		"10Gi":                      `10Gi`,
		"10%":                       `10%`,
		"v1.30":                     `v1.30`,
		"arn:aws:iam::123:role/x":   `arn:aws:iam::123:role/x`,
		"a b":                       `a b`,
		"a:b#c":                     `a:b#c`,
		"https://example.com/a?b=c": `https://example.com/a?b=c`,
		"/dev/xvda":                 `/dev/xvda`,
		"$(NAME)":                   `$(NAME)`,
		"_x":                        `_x`,
		"(a)":                       `(a)`,
		`\d+`:                       `\d+`,
		"^a$":                       `^a$`,
		";":                         `;`,
		"--flag=value":              `--flag=value`,
		"-x":                        `-x`,
		"a, b [c] {d}":              `a, b [c] {d}`,
		`a "b" 'c'`:                 `a "b" 'c'`,
		"0 9 * * 1-5":               `0 9 * * 1-5`,
		"inf":                       `inf`,
		"nan":                       `nan`,
		"yesterday":                 `yesterday`,
		"nullable":                  `nullable`,
		"falsely":                   `falsely`,
		"größe":                     `größe`,
		"ναι":                       `ναι`,
		"😀":                         `😀`,
		"a-b-c":                     `a-b-c`,
		"1a":                        `1a`,
		"deadbeef":                  `deadbeef`,
		"e3":                        `e3`,

		// Bool, null.
		"": `""`, "y": `"y"`, "Y": `"Y"`, "n": `"n"`, "N": `"N"`, "yes": `"yes"`, "Yes": `"Yes"`, "YES": `"YES"`, "no": `"no"`, "No": `"No"`,
		"on": `"on"`, "On": `"On"`, "off": `"off"`, "OFF": `"OFF"`, "true": `"true"`, "True": `"True"`, "TRUE": `"TRUE"`, "tRue": `"tRue"`,
		"false": `"false"`, "null": `"null"`, "Null": `"Null"`, "NULL": `"NULL"`, "~": `"~"`, "~/x": `"~/x"`,

		// Numbers.
		"0": `"0"`, "1": `"1"`, "-1": `"-1"`, "+1": `"+1"`, "1.30": `"1.30"`, "1.30.2": `"1.30.2"`, "1.": `"1."`, ".5": `".5"`, "-.5": `"-.5"`, "+.5": `"+.5"`,
		"0777": `"0777"`, "0o7": `"0o7"`, "0x1F": `"0x1F"`, "0xzz": `"0xzz"`, "0b11": `"0b11"`, "-0x1": `"-0x1"`, "1_000": `"1_000"`, "1,000": `"1,000"`,
		"1e3": `"1e3"`, "1E3": `"1E3"`, "1e+3": `"1e+3"`, "-1e-3": `"-1e-3"`, "685.230_15e+03": `"685.230_15e+03"`,
		"12:30:45": `"12:30:45"`, "190:20:30.15": `"190:20:30.15"`, "22:22": `"22:22"`,
		".inf": `".inf"`, "-.inf": `"-.inf"`, "+.Inf": `"+.Inf"`, ".nan": `".nan"`, ".NaN": `".NaN"`, ".": `"."`, "..": `".."`,
		"123456789012": `"123456789012"`, "1.2.3.4": `"1.2.3.4"`, "12e03": `"12e03"`,

		// Dates.
		"2024-01-02": `"2024-01-02"`, "2001-12-14t21:59:43.10-05:00": `"2001-12-14t21:59:43.10-05:00"`,
		"2001-12-14 21:59:43.10 -5": `"2001-12-14 21:59:43.10 -5"`, "2001-12-15T02:59:43.1Z": `"2001-12-15T02:59:43.1Z"`,

		// Indicators.
		"-": `"-"`, "- a": `"- a"`, "--": `"--"`, "---": `"---"`, "--- a": `"--- a"`, "---a": `"---a"`, "...": `"..."`, "... a": `"... a"`,
		"?": `"?"`, "? a": `"? a"`, "?a": `"?a"`, ":": `":"`, ":a": `":a"`, ": a": `": a"`, "a: b": `"a: b"`, "a:": `"a:"`, "a :b": `a :b`,
		",": `","`, "[a]": `"[a]"`, "]": `"]"`, "{a}": `"{a}"`, "}": `"}"`, "#a": `"#a"`, "a #b": `"a #b"`, "&a": `"&a"`, "*": `"*"`, "*.b": `"*.b"`, "!a": `"!a"`,
		"|": `"|"`, ">": `">"`, "'": `"'"`, "'a'": `"'a'"`, `"`: `'"'`, `"a"`: `'"a"'`, "%a": `"%a"`, "@a": `"@a"`, "`a`": "\"`a`\"", "=": `"="`, "<<": `"<<"`, "<a": `"<a"`,
		"{{ .name }}": `"{{ .name }}"`, `{"a":"it's"}`: `'{"a":"it''s"}'`, `[\d]`: `'[\d]'`,

		// White space.
		" ": `" "`, " a": `" a"`, "a ": `"a "`, "\ta": `"\ta"`, "a\t": `"a\t"`, "a\tb": `"a\tb"`,

		// Lines that do not fit a block.
		"\n": `"\n"`, "\n\n": `"\n\n"`, "\na": `"\na"`, " a\nb": `" a\nb"`, "\ta\nb": `"\ta\nb"`, "a \nb": `"a \nb"`, "a\n \nb": `"a\n \nb"`, "a\nb\t": `"a\nb\t"`,
		"a\r\nb": `"a\r\nb"`, "a\rb": `"a\rb"`, "a\n\"\\\x01": `"a\n\"\\\x01"`, "a\n\u2028": `"a\n\u2028"`,

		// Not printable.
		"\x00": `"\x00"`, "\x1b[0m": `"\x1b[0m"`, "\x7f": `"\x7f"`, "a\u0085b": `"a\x85b"`, "a\u00a0b": `"a\xa0b"`, "a\u00adb": `"a\xadb"`,
		"\u2028": `"\u2028"`, "\u2029": `"\u2029"`, "\ufeffa": `"\ufeffa"`, "a\u202eb": `"a\u202eb"`, "a\u200bb": `"a\u200bb"`, "\uffff": `"\uffff"`, "\U000e0001": `"\U000e0001"`, "\ufffd": "\ufffd",
	}
}

func TestStrings(t *testing.T) {
	for s, want := range trickyStrings() {
		obj := map[string]any{"k": s}
		got, err := Encode("", obj)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		if want := "k: " + want + "\n"; string(got) != want {
			t.Errorf("%q is written as\n%swant\n%s", s, got, want)
		}
		checkRoundTrip(t, obj, got)
	}
}

// TestStringsEverywhere puts the tricky strings where other rules of YAML
// hold: keys, list elements, behind list dashes, next to each other.
func TestStringsEverywhere(t *testing.T) {
	var all []any
	for s := range trickyStrings() {
		all = append(all, s, map[string]any{s: s}, []any{s})
		obj := map[string]any{
			s:      map[string]any{s: []any{s, map[string]any{s: s, "z": s}, []any{s, s}}},
			"spec": map[string]any{"a": s, s: nil, "b": []any{}},
		}
		got, err := Encode("h", obj)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		checkRoundTrip(t, obj, got)
	}
	obj := map[string]any{"all": all}
	got, err := Encode("", obj)
	if err != nil {
		t.Fatal(err)
	}
	checkRoundTrip(t, obj, got)
}

// TestShortStrings writes every string of up to three characters out of those
// that mean something to YAML, as list elements and as keys.
func TestShortStrings(t *testing.T) {
	const alphabet = "01xoen.:-+_ ,#?!&*|>'\"%@`{}[]<=~yN\n\t\\\r\u0085\u2028ä"
	all := []string{""}
	for from, length := 0, 0; length < 3; length++ {
		to := len(all)
		for _, s := range all[from:to] {
			for _, r := range alphabet {
				all = append(all, s+string(r))
			}
		}
		from = to
	}
	// In pieces: yaml.v3 compares each key of a map with all others.
	for piece := range slices.Chunk(all, 200) {
		list, keys := make([]any, 0, len(piece)), make(map[string]any, len(piece))
		for _, s := range piece {
			list = append(list, s)
			keys[s] = s
		}
		obj := map[string]any{"list": list, "keys": keys}
		got, err := Encode("", obj)
		if err != nil {
			t.Fatal(err)
		}
		checkRoundTrip(t, obj, got)
	}
}

package schema

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

//go:generate go test . -run TestStageDefaults -update

// stageDefaults has the default of each field of an environment. It is computed ahead of time from this package's CUE, so that a render does not
// evaluate a second environment for each one, and so that a changed default shows up in review.
//
// A line is a field, what it has if nobody says otherwise, and when that holds; of several lines that hold, the last one counts. A star stands
// for any name that people choose. In place of a default, written as JSON, there may be one of the words below.
//
//go:embed stagedefaults.txt
var stageDefaults string

const (
	// defaultRequired marks a field that has to be given: nothing about its value is unusual, nor about what is inside it.
	defaultRequired = "required"
	// defaultAbsent marks a field that is not there unless somebody asks for it.
	defaultAbsent = "absent"
	// defaultOwner and defaultName mark fields that take the environment's owner, and the name of the element that they are in.
	defaultOwner = "=owner"
	defaultName  = "=name"
)

// Difference is a field of an environment whose value is not what the environment's stage gives it.
type Difference struct {
	// Field is its path, such as network.natGateways.
	Field string
	// Value is what the field has, as JSON.
	Value string
	// Default is what it would have, as JSON; empty if it would not be there.
	Default string
}

// Differences lists where an environment is not what a minimal environment of its stage would be, sorted by field. Fields that have to be given
// are not among them, nor node pools and services without a cluster: those do not count.
func (c *Config) Differences(e *Environment) ([]Difference, error) {
	if c.defaults == nil {
		return nil, errors.New("compare with defaults: the configuration was not loaded")
	}
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", e.Name, err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("read %s: %w", e.Name, err)
	}
	if e.Cluster == nil {
		delete(root, "nodePools")
		delete(root, "services")
	}
	made := &comparison{root: root, owner: e.Owner}
	made.compare(nil, root, c.defaults)
	return made.found, made.err
}

// defaultNode is a field in the table of defaults, with the fields in it.
type defaultNode struct {
	fields map[string]*defaultNode
	lines  []defaultLine
}

// defaultLine is one line of the table. Conditions are fields that must be there (a.b) or have a value (a.b="x").
type defaultLine struct {
	value      string
	conditions []string
}

// readDefaults reads the table.
func readDefaults(text string) (*defaultNode, error) {
	root := &defaultNode{}
	for line := range strings.Lines(text) {
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(columns) < 2 {
			return nil, fmt.Errorf("read defaults: %q is not a field and its default", line)
		}
		node := root
		for _, name := range splitPath(columns[0]) {
			node = node.at(name)
		}
		node.lines = append(node.lines, defaultLine{value: columns[1], conditions: columns[2:]})
	}
	return root, nil
}

// at is the field of that name, which is made if it is not there.
func (n *defaultNode) at(name string) *defaultNode {
	if n.fields == nil {
		n.fields = map[string]*defaultNode{}
	}
	if n.fields[name] == nil {
		n.fields[name] = &defaultNode{}
	}
	return n.fields[name]
}

// find is the field of that name, or that of any name; one that nothing is said of if there is neither.
func (n *defaultNode) find(name string) *defaultNode {
	for _, known := range []string{name, "*"} {
		if inner, ok := n.fields[known]; ok {
			return inner
		}
	}
	return &defaultNode{}
}

// comparison compares an environment with the table.
type comparison struct {
	root  map[string]any
	owner string
	found []Difference
	err   error
}

// compare looks at a value and what is in it.
func (c *comparison) compare(path []string, value any, node *defaultNode) {
	given, known := c.given(path, node)
	fields, isStruct := value.(map[string]any)
	switch {
	case known && given == defaultRequired:
	case known && given == defaultAbsent:
		c.differ(path, value, "")
	case isStruct:
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			c.compare(append(slices.Clone(path), name), fields[name], node.find(name))
		}
	case !known:
		c.differ(path, value, "")
	default:
		c.differ(path, value, given)
	}
}

// given is the default that counts for a field, with its references resolved.
func (c *comparison) given(path []string, node *defaultNode) (string, bool) {
	for _, line := range slices.Backward(node.lines) {
		if slices.ContainsFunc(line.conditions, func(condition string) bool { return !c.holds(condition) }) {
			continue
		}
		switch line.value {
		case defaultOwner:
			return strconv.Quote(c.owner), true
		case defaultName:
			return strconv.Quote(path[len(path)-2]), true
		default:
			return line.value, true
		}
	}
	return "", false
}

// holds tells whether the environment is as a condition says.
func (c *comparison) holds(condition string) bool {
	field, want, valued := strings.Cut(condition, "=")
	var value any = c.root
	for _, name := range splitPath(field) {
		fields, _ := value.(map[string]any)
		inner, ok := fields[name]
		if !ok {
			return false
		}
		value = inner
	}
	return !valued || c.text(value) == want
}

// differ notes a field, unless it has its default.
func (c *comparison) differ(path []string, value any, given string) {
	if text := c.text(value); text != given {
		c.found = append(c.found, Difference{Field: joinPath(path), Value: text, Default: given})
	}
}

// text is a value as JSON on one line, in the form of the table: keys are sorted, and no sign is escaped for HTML.
func (c *comparison) text(value any) string {
	text, err := compactJSON(value)
	if err != nil && c.err == nil {
		c.err = err
	}
	return text
}

func compactJSON(value any) (string, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", fmt.Errorf("write value: %w", err)
	}
	return strings.TrimSuffix(buffer.String(), "\n"), nil
}

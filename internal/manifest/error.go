package manifest

import (
	"errors"
	"fmt"
	"strconv"
)

// fieldError carries the path of the field at fault. The path is put together
// on the way up, so that a good object pays nothing for it.
type fieldError struct {
	path string
	err  error
}

func (e *fieldError) Error() string {
	if e.path == "" {
		return e.err.Error()
	}
	return fmt.Sprintf("%s: %v", e.path, e.err)
}

func (e *fieldError) Unwrap() error { return e.err }

// inField puts key in front of the path of err.
func inField(key string, err error) error {
	if !isPathWord(key) {
		key = "[" + strconv.Quote(key) + "]"
	}
	return prefix(key, err)
}

// inIndex puts a list index in front of the path of err.
func inIndex(i int, err error) error {
	return prefix("["+strconv.Itoa(i)+"]", err)
}

func prefix(segment string, err error) error {
	var inner *fieldError
	if !errors.As(err, &inner) {
		return &fieldError{path: segment, err: err}
	}
	path := segment
	if inner.path != "" && inner.path[0] != '[' {
		path += "."
	}
	return &fieldError{path: path + inner.path, err: inner.err}
}

// isPathWord reports whether key can stand in a dotted path as it is.
func isPathWord(key string) bool {
	for i := range len(key) {
		c := key[i]
		if !isLetter(c) && c != '_' && c != '-' && (c < '0' || c > '9') {
			return false
		}
	}
	return key != ""
}

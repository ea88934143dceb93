//go:build !linux && !darwin

package tree

import "errors"

// exchange cannot be done here: two renames and a journal take its place.
func exchange(string, string) error { return errors.ErrUnsupported }

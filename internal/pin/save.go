package pin

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/innovate-inc/genops/internal/tree"
)

// Save writes the pins below dir. Whoever looks at the file sees the old one or the new one; after an error it is the old one. shown is how
// people see the file's name. Errors are of type *tree.MachineError.
func (r *Result) Save(dir, shown string) error {
	if !r.Changed {
		return nil
	}
	name := filepath.Join(dir, filepath.FromSlash(r.File))
	if err := save(name, r.Content); err != nil {
		// The system's answer only: the name in it is that of the temporary file.
		if path, ok := errors.AsType[*fs.PathError](err); ok {
			err = path.Err
		} else if link, ok := errors.AsType[*os.LinkError](err); ok {
			err = link.Err
		}
		return &tree.MachineError{Op: "write", Path: shown, Err: err}
	}
	return nil
}

// save puts a new file into the place of an old one. CUE does not look at files whose names begin with a dot.
func save(name string, content []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(name), ".images.cue.*")
	if err != nil {
		return err //nolint:wrapcheck // Save says what was written.
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.Write(content)
	if err == nil {
		err = file.Chmod(0o644) //nolint:mnd // As Git has it.
	}
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	return err //nolint:wrapcheck // As above.
}

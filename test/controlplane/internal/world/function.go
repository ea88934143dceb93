package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// functionOfPlatform is the line of platform.cue that names the function's package.
var functionOfPlatform = regexp.MustCompile(`(?m)^\t\t\tfunction: \{package: "([^"]+)", version: "(v0\.1\.)([0-9]+)"\}$`)

// NextFunction releases the function that is tested as its next version, and makes the served platform name it, without a commit. It returns the version.
func (w *World) NextFunction(ctx context.Context) (string, error) {
	file := filepath.Join(w.Git.Dir, "environments", "platform.cue")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("version of the function: %w", err)
	}
	line := functionOfPlatform.FindSubmatch(text)
	if line == nil {
		return "", errors.New("platform.cue has not the line " + functionOfPlatform.String())
	}
	number, err := strconv.Atoi(string(line[3]))
	if err != nil {
		return "", fmt.Errorf("version of the function: %w", err)
	}
	version := string(line[2]) + strconv.Itoa(number+1)
	if err := w.ReleaseFunction(ctx, version, w.Programs.Path["genops"]); err != nil {
		return "", err
	}
	return version, w.editPlatform(functionOfPlatform, "\t\t\tfunction: {package: \""+string(line[1])+"\", version: \""+version+"\"}")
}

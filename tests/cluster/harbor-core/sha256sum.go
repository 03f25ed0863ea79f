package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// sha256sum prints what coreutils' program of that name prints, and returns its exit status.
func sha256sum(files []string, in io.Reader, out, complaints io.Writer) int {
	if len(files) > 0 && files[0] == "--" {
		files = files[1:]
	}
	if len(files) == 0 {
		files = []string{"-"}
	}
	status := 0
	for _, file := range files {
		sum, err := sumOf(file, in)
		if err != nil {
			fmt.Fprintf(complaints, "sha256sum: %s: %s\n", file, reasonOf(err))
			status = 1
			continue
		}
		fmt.Fprintf(out, "%x  %s\n", sum, file)
	}
	return status
}

func sumOf(file string, in io.Reader) ([]byte, error) {
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		in = opened
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, in); err != nil {
		return nil, err
	}
	return hash.Sum(nil), nil
}

func reasonOf(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "No such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "Permission denied"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

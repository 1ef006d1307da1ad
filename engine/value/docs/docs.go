// Package docs holds the reference page of the value language. Its examples are
// tests: what the page says an expression gives, it gives.
//
// It may import the standard library only.
package docs

import (
	"embed"
	"io/fs"
)

//go:embed *.md
var pages embed.FS

// FS has the page in each language: language.zh.md and language.en.md.
func FS() fs.FS { return pages }

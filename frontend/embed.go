// Package frontend embeds the browser interface that `npm run build` makes. It
// imports the standard library only and knows nothing of the server.
package frontend

import (
	"embed"
	"io/fs"
)

// dist holds the committed placeholder page and, after a build, the folder app.
// "all:" keeps files whose names begin with "_" or ".", which bundlers may emit.
//
//go:embed all:dist
var dist embed.FS

// FS gives the files to serve: index.html at the root and, when the interface
// has been built, its scripts under assets. index.html holds the text
// __CSP_NONCE__ wherever the nonce of the content security policy belongs.
func FS() fs.FS {
	if Built() {
		return sub("dist/app")
	}
	return sub("dist")
}

// Built says whether the binary carries the interface or only the placeholder
// page that tells how to build it.
func Built() bool {
	_, err := fs.Stat(dist, "dist/app/index.html")
	return err == nil
}

func sub(dir string) fs.FS {
	files, err := fs.Sub(dist, dir)
	if err != nil {
		panic(err) // dir is a constant of this file
	}
	return files
}

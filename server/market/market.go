// Package market holds the flow templates (方案模板) that ship with the product.
//
// It may import the standard library only.
package market

import (
	"embed"
	"io/fs"
)

//go:embed templates/*.yaml
var files embed.FS

// Templates gives the shipped flow documents, one YAML file each.
func Templates() fs.FS {
	sub, err := fs.Sub(files, "templates")
	if err != nil {
		return files // the folder is embedded by name, so it is there
	}
	return sub
}

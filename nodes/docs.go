package nodes

import (
	"embed"
	"io/fs"
)

//go:embed */docs/*.md
var docs embed.FS

// Docs has the reference pages of the types, FOLDER/docs/zh.md and en.md. A page
// names its type in its heading: {#node-TYPE}.
func Docs() fs.FS { return docs }

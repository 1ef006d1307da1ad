// Package migration holds the numbered schema files, one set per SQL dialect,
// in the format of pressly/goose. It knows no database: it may import the
// standard library only and runs nothing itself.
package migration

import (
	"embed"
	"fmt"
	"io/fs"
)

// Dialect names a set of schema files.
type Dialect string

// The dialects. MySQL stands for MySQL 8 and MariaDB 10.11 or later.
const (
	SQLite Dialect = "sqlite"
	MySQL  Dialect = "mysql"
)

//go:embed sqlite/*.sql mysql/*.sql
var files embed.FS

// Files returns the schema files of d at the root of the file system, named
// NNNN_title.sql.
func Files(d Dialect) (fs.FS, error) {
	switch d {
	case SQLite, MySQL:
		return fs.Sub(files, string(d))
	}
	return nil, fmt.Errorf("migration: unknown dialect %q", d)
}

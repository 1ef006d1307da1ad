// Package databasetest tells tests which databases the ledger spike can be
// pointed at here. It may import nothing of the product; only tests import it.
package databasetest

import (
	"net/url"
	"os"
	"strings"
	"testing"
)

// All lists what -db can be: SQLite, and the MariaDB of KAREZ_TEST_MYSQL, a DSN
// in the form that deploy/mariadb.sh prints, with a database named after the test.
func All(t *testing.T) []string {
	t.Helper()
	out := []string{"sqlite"}
	if dsn := os.Getenv("KAREZ_TEST_MYSQL"); dsn != "" {
		u, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/karez_" + strings.ToLower(strings.ReplaceAll(t.Name(), "/", "_"))
		out = append(out, u.String())
	}
	return out
}

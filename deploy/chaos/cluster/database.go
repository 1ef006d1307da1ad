package cluster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// MakeDatabase makes an empty database of a name on the server of an address
// (mysql://USER:PASSWORD@HOST:PORT/ANY) and gives its address; drop removes it.
func MakeDatabase(ctx context.Context, server, name string) (address string, drop func(context.Context) error, err error) {
	if !regexp.MustCompile(`^[a-z0-9_]+$`).MatchString(name) {
		return "", nil, fmt.Errorf("%q is no name of a database", name)
	}
	at, err := url.Parse(server)
	if err != nil || at.Scheme != "mysql" || at.User == nil {
		return "", nil, errors.New("the database's address is not like mysql://user:password@127.0.0.1:3306/name")
	}
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.DBName = at.User.Username(), "tcp", at.Host, strings.TrimPrefix(at.Path, "/")
	config.Passwd, _ = at.User.Password()
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return "", nil, err
	}
	db := sql.OpenDB(connector)
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		return "", nil, errors.Join(err, db.Close())
	}
	made := *at
	made.Path = "/" + name
	return made.String(), func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, "DROP DATABASE "+name)
		return errors.Join(err, db.Close())
	}, nil
}

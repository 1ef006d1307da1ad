package database

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"net"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/karezflow/karez/sdk/outbound"
)

// mysql makes the driver's connector.
func (s Settings) mysql(encryption *tls.Config, clock func() time.Time) (driver.Connector, error) {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.DBName = s.User, s.Password, s.Name
	c.Net, c.Addr = "tcp", s.address()
	c.TLS = encryption
	c.DialFunc = outbound.Dialer(s.Reach)
	c.Collation = "utf8mb4_general_ci"
	c.Logger = silent{}
	// An update that changes nothing found its row all the same.
	c.ClientFoundRows = true
	// A server that stalls is given up a little after it should have given up itself.
	c.ReadTimeout, c.WriteTimeout = s.Timeout+endTime, s.Timeout+endTime
	c.AllowAllFiles, c.AllowCleartextPasswords, c.AllowOldPasswords = false, false, false
	c.AllowFallbackToPlaintext, c.MultiStatements, c.InterpolateParams = false, false, false
	c.Params = map[string]string{
		"time_zone": "'" + offset(s.Zone, clock()) + "'",
		// What does not fit a column is refused, and not cut off.
		"sql_mode":                 "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
		"innodb_lock_wait_timeout": strconv.Itoa(int(lockWait / time.Second)),
		// A server's own setting would wait for somebody who has long gone.
		"autocommit": "1",
	}
	return mysql.NewConnector(c)
}

// offset writes a zone as the server understands it: by its offset, which needs no tables
// of zones in the server, or by its name where the offset changes within a year.
func offset(zone *time.Location, now time.Time) string {
	winter := time.Date(now.Year(), time.January, 1, 0, 0, 0, 0, zone).Format("-07:00")
	for month := time.February; month <= time.December; month++ {
		if time.Date(now.Year(), month, 1, 0, 0, 0, 0, zone).Format("-07:00") != winter {
			return zone.String()
		}
	}
	return winter
}

// postgres makes the driver's connector.
func (s Settings) postgres(encryption *tls.Config) (driver.Connector, error) {
	// The driver makes a configuration only by reading a text, and fills it from the
	// environment: everything that it could have taken from there is set below.
	c, err := pgx.ParseConfig("host=localhost user=nobody dbname=none sslmode=disable passfile=/dev/null")
	if err != nil {
		return nil, err
	}
	c.Host, c.Port = s.Host, uint16(s.Port) //nolint:gosec // the manifest bounds it
	c.User, c.Password, c.Database = s.User, s.Password, s.Name
	c.TLSConfig, c.Fallbacks = encryption, nil
	c.ValidateConnect, c.AfterConnect, c.KerberosSrvName, c.KerberosSpn = nil, nil, "", ""
	c.ConnectTimeout = endTime + endTime
	dial := outbound.Dialer(s.Reach)
	c.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, network, address)
	}
	// Names are looked up where the connection is dialled, which may be the engine.
	c.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	c.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	c.RuntimeParams = map[string]string{
		"application_name":            "karez",
		"TimeZone":                    s.Zone.String(),
		"DateStyle":                   "ISO, YMD",
		"standard_conforming_strings": "on",
		"statement_timeout":           strconv.FormatInt(s.Timeout.Milliseconds(), 10),
		"lock_timeout":                strconv.FormatInt(lockWait.Milliseconds(), 10),
	}
	if s.Schema != "" {
		c.RuntimeParams["search_path"] = `"` + s.Schema + `"`
	}
	return stdlib.GetConnector(*c), nil
}

// silent keeps the driver from writing into the standard error; what goes wrong is told by faults.
type silent struct{}

// Print implements mysql.Logger.
func (silent) Print(...any) {}

// Package builtin has the functions of expressions that the evaluator lacks, or whose
// answers differ from a server's. They are functions of values alone: they know no
// documents, no clock and no time zone.
//
// It may import sdk/item and Vitess's values, dates, decimals and collations.
package builtin

import (
	"vitess.io/vitess/go/sqltypes"
	querypb "vitess.io/vitess/go/vt/proto/query"
)

// Func is one of the functions.
type Func struct {
	// Least and Most are how many arguments it takes.
	Least, Most int
	// Result is the type of what it gives, or of most of it.
	Result querypb.Type
	of     func(args []sqltypes.Value) (sqltypes.Value, error)
	// nulls says that an argument may be NULL.
	nulls bool
}

// Eval computes the function. Where an argument is NULL the result is, but for the
// functions that make JSON. Its error says what can't be computed.
func (f Func) Eval(args []sqltypes.Value) (sqltypes.Value, error) {
	for _, a := range args {
		if a.IsNull() && !f.nulls {
			return sqltypes.NULL, nil
		}
	}
	return f.of(args)
}

// Find gives the function with this name, in small letters.
func Find(name string) (Func, bool) {
	f, ok := builtins[name]
	return f, ok
}

// builtins are the functions of our own, by name in small letters.
//
//nolint:gochecknoglobals // a table that nobody changes
var builtins = map[string]Func{
	"substring_index": {3, 3, sqltypes.VarChar, substringIndex, false},
	"find_in_set":     {2, 2, sqltypes.Int64, findInSet, false},
	"format":          {2, 2, sqltypes.VarChar, formatNumber, false},
	"quote":           {1, 1, sqltypes.VarChar, quote, false},
	"upper":           {1, 1, sqltypes.VarChar, upper, false},
	"ucase":           {1, 1, sqltypes.VarChar, upper, false},
	"lower":           {1, 1, sqltypes.VarChar, lower, false},
	"lcase":           {1, 1, sqltypes.VarChar, lower, false},
	"repeat":          {2, 2, sqltypes.VarChar, repeat, false},
	"space":           {1, 1, sqltypes.VarChar, space, false},
	"lpad":            {2, 3, sqltypes.VarChar, lpad, false},
	"rpad":            {2, 3, sqltypes.VarChar, rpad, false},
	"datediff":        {2, 2, sqltypes.Int64, dateDiff, false},
	"timestampdiff":   {3, 3, sqltypes.Int64, timestampDiff, false},
	"extract":         {2, 2, sqltypes.Int64, extract, false},
	"str_to_date":     {2, 2, sqltypes.Datetime, strToDate, false},
	"dayname":         {1, 1, sqltypes.VarChar, dayName, false},
	"time_format":     {2, 2, sqltypes.VarChar, timeFormat, false},
	"timediff":        {2, 2, sqltypes.Time, timeDiff, false},
	"timestamp":       {1, 2, sqltypes.Datetime, timestamp, false},
	"json_extract":    {2, 99, sqltypes.TypeJSON, jsonExtract, false},
	"json_unquote":    {1, 1, sqltypes.VarChar, jsonUnquote, false},
	"json_array":      {0, 99, sqltypes.VarChar, jsonArray, true},
	"json_object":     {0, 198, sqltypes.VarChar, jsonObject, true},
}

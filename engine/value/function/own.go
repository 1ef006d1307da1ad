package function

import (
	"vitess.io/vitess/go/sqltypes"
	querypb "vitess.io/vitess/go/vt/proto/query"
	"vitess.io/vitess/go/vt/sqlparser"
	"vitess.io/vitess/go/vt/vtgate/evalengine"

	"github.com/karezflow/karez/engine/value/function/builtin"
)

// own is a call of a function that the evaluator lacks.
type own struct {
	builtin.Func

	args []evalengine.Expr
}

func (o *own) run(c *call, to *querypb.BindVariable) error {
	args := make([]sqltypes.Value, len(o.args))
	for i, a := range o.args {
		v, err := c.eval(a)
		if err != nil {
			return err
		}
		args[i] = v
	}
	v, err := o.Eval(args)
	if err != nil {
		return err
	}
	to.Type, to.Value = v.Type(), v.Raw()
	return nil
}

func (o *own) skipped(_ *call, to *querypb.BindVariable) {
	switch {
	case sqltypes.IsIntegral(o.Result):
		to.Type, to.Value = o.Result, []byte("0")
	case o.Result == sqltypes.VarChar:
		to.Type, to.Value = o.Result, []byte{}
	default:
		to.Type, to.Value = sqltypes.Null, nil
	}
}

// changing are functions whose result is another one at each call: a document sent
// again would not be the same, so there are none.
//
//nolint:gochecknoglobals // a table that nobody changes
var changing = map[string]bool{
	"uuid": true, "random_bytes": true, "sysdate": true, "last_insert_id": true, "user": true, "current_user": true,
	"session_user": true, "system_user": true, "database": true, "schema": true, "version": true,
}

// lacking tells whether a call is one of our own functions, and gives its arguments.
func lacking(e sqlparser.Expr) (name string, args []sqlparser.Expr, ok bool) {
	switch x := e.(type) {
	case *sqlparser.FuncExpr:
		name = x.Name.Lowered()
		_, ok = builtin.Find(name)
		return name, x.Exprs, ok && x.Qualifier.IsEmpty()
	case *sqlparser.TimestampDiffExpr:
		return "timestampdiff", []sqlparser.Expr{sqlparser.NewStrLiteral(x.Unit.ToString()), x.Expr1, x.Expr2}, true
	case *sqlparser.ExtractFuncExpr:
		return "extract", []sqlparser.Expr{sqlparser.NewStrLiteral(x.IntervalType.ToString()), x.Expr}, true
	case *sqlparser.JSONExtractExpr:
		return "json_extract", append([]sqlparser.Expr{x.JSONDoc}, x.PathList...), true
	case *sqlparser.JSONUnquoteExpr:
		return "json_unquote", []sqlparser.Expr{x.JSONValue}, true
	case *sqlparser.JSONArrayExpr:
		return "json_array", x.Params, true
	case *sqlparser.JSONObjectExpr:
		for _, p := range x.Params {
			args = append(args, p.Key, p.Value)
		}
		return "json_object", args, true
	default:
		return "", nil, false
	}
}

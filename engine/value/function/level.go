package function

import (
	"bytes"
	"strconv"
	"strings"

	"vitess.io/vitess/go/mysql/decimal"
	"vitess.io/vitess/go/sqltypes"
	querypb "vitess.io/vitess/go/vt/proto/query"
	"vitess.io/vitess/go/vt/sqlparser"
	"vitess.io/vitess/go/vt/vtgate/evalengine"
)

// level is a choice between numbers (CASE, IF, IFNULL, COALESCE) or a rounding. A
// server gives all branches the decimal places of the one that has the most, and what
// it rounds as many as it is told; the evaluator leaves each as it is.
type level struct {
	choice   evalengine.Expr
	branches []sqlparser.Expr
}

// leveled are the calls that level is for, besides CASE.
//
//nolint:gochecknoglobals // a table that nobody changes
var leveled = map[string]bool{"if": true, "ifnull": true, "coalesce": true, "round": true, "truncate": true}

// level replaces a choice that may be between numbers with places.
func (r *rewriter) level(e sqlparser.Expr) sqlparser.Expr {
	if r.fault != nil {
		return e
	}
	l := &level{branches: branchesOf(e)}
	if n, known := r.expr.mostPlaces(l.branches); !known || n == 0 && !rounds(e) {
		return e
	}
	if l.choice, r.fault = r.translate(e); r.fault != nil {
		return e
	}
	return r.add(l)
}

func branchesOf(e sqlparser.Expr) (list []sqlparser.Expr) {
	switch x := e.(type) {
	case *sqlparser.CaseExpr:
		for _, w := range x.Whens {
			list = append(list, w.Val)
		}
		if x.Else != nil {
			list = append(list, x.Else)
		}
	case *sqlparser.FuncExpr:
		switch x.Name.Lowered() {
		case "if":
			return x.Exprs[1:]
		case "ifnull", "coalesce":
			return x.Exprs
		default: // a rounding has one branch, itself
			return []sqlparser.Expr{x}
		}
	default:
	}
	return list
}

// rounds reports whether an expression is a rounding.
func rounds(e sqlparser.Expr) bool {
	x, is := e.(*sqlparser.FuncExpr)
	return is && (x.Name.EqualString("round") || x.Name.EqualString("truncate"))
}

func (l *level) run(c *call, to *querypb.BindVariable) error {
	v, err := c.eval(l.choice)
	if err != nil {
		return err
	}
	to.Type, to.Value = v.Type(), v.Raw()
	if !v.IsIntegral() && !v.IsDecimal() {
		return nil
	}
	if n, known := most(l.branches, c); known && n != fraction(v.Raw()) {
		// Places are taken away from nothing but zero, which the evaluator does not round.
		if d, err := decimal.NewFromMySQL(v.Raw()); err == nil && (n > fraction(v.Raw()) || d.IsZero()) {
			to.Type, to.Value = sqltypes.Decimal, d.FormatMySQL(int32(n)) //nolint:gosec // at most maxPlaces
		}
	}
	return nil
}

func (l *level) skipped(c *call, to *querypb.BindVariable) {
	n, known := most(l.branches, c)
	switch {
	case known && n > 0:
		to.Type, to.Value = sqltypes.Decimal, []byte("0."+strings.Repeat("0", n))
	case known:
		to.Type, to.Value = sqltypes.Int64, []byte("0")
	default: // some branch is text
		to.Type, to.Value = sqltypes.VarChar, []byte{}
	}
}

// maxPlaces is how many places a decimal of the language has at most.
const maxPlaces = 30

// mostPlaces tells, before there are values, whether a choice may be between numbers
// and whether any of them may have places.
func (e *Expr) mostPlaces(branches []sqlparser.Expr) (int, bool) {
	return most(branches, unbound{e})
}

// variables tells of the variables of an expression what their type has.
type variables interface {
	// places gives the decimal places; false where it is no exact number.
	places(key string) (int, bool)
	// whole gives the value of a whole number.
	whole(key string) (int, bool)
}

// unbound is before there are values: what is not known yet may have a place.
type unbound struct{ *Expr }

func (u unbound) places(key string) (int, bool) {
	i, _ := strconv.Atoi(key[1:])
	if key[0] == 'v' {
		return 1, !u.slots[i].quoted
	}
	switch p := u.steps[i].part.(type) {
	case *own:
		return 0, sqltypes.IsIntegral(p.Result)
	case *aggregate:
		return 1, p.kind != "group_concat"
	default:
		return 1, true
	}
}

func (u unbound) whole(string) (int, bool) { return 1, true }

// places implements variables.
func (c *call) places(key string) (int, bool) {
	v := c.env.BindVars[key]
	if v.Type == sqltypes.Decimal {
		return fraction(v.Value), true
	}
	return 0, v.Type == sqltypes.Null || sqltypes.IsIntegral(v.Type)
}

// whole implements variables.
func (c *call) whole(key string) (int, bool) {
	v := c.env.BindVars[key]
	n, err := strconv.Atoi(string(v.Value))
	return n, err == nil && sqltypes.IsIntegral(v.Type)
}

func fraction(number []byte) int {
	if at := bytes.IndexByte(number, '.'); at >= 0 {
		return len(number) - at - 1
	}
	return 0
}

// most gives the places of the one that has the most; false if that of one is not known.
func most(list []sqlparser.Expr, vars variables) (n int, ok bool) {
	for _, e := range list {
		here, ok := places(e, vars)
		if !ok {
			return 0, false
		}
		n = max(n, here)
	}
	return n, true
}

// places tells how many decimal places the type of an expression has, by the rules
// of the language; false where it is no exact number, or not known to be one.
func places(e sqlparser.Expr, vars variables) (int, bool) {
	switch x := e.(type) {
	case *sqlparser.NullVal:
		return 0, true
	case *sqlparser.Literal:
		return fraction([]byte(x.Val)), x.Type == sqlparser.IntVal || x.Type == sqlparser.DecimalVal
	case *sqlparser.Argument:
		return vars.places(x.Name)
	case *sqlparser.UnaryExpr:
		n, known := places(x.Expr, vars)
		return n, known && (x.Operator == sqlparser.UMinusOp || x.Operator == sqlparser.UPlusOp)
	case *sqlparser.BinaryExpr:
		return placesOf(x, vars)
	case *sqlparser.FuncExpr:
		return placesOfCall(x.Name.Lowered(), x.Exprs, vars)
	case *sqlparser.CastExpr:
		return placesOfCast(x.Type)
	case *sqlparser.ConvertExpr:
		return placesOfCast(x.Type)
	default:
		return 0, false
	}
}

func placesOf(x *sqlparser.BinaryExpr, vars variables) (int, bool) {
	a, known := places(x.Left, vars)
	b, too := places(x.Right, vars)
	if !known || !too {
		return 0, false
	}
	switch x.Operator {
	case sqlparser.PlusOp, sqlparser.MinusOp, sqlparser.ModOp:
		return max(a, b), true
	case sqlparser.MultOp:
		return min(a+b, maxPlaces), true
	case sqlparser.DivOp:
		return min(a+avgScale, maxPlaces), true
	case sqlparser.IntDivOp:
		return 0, true
	default:
		return 0, false
	}
}

func placesOfCall(name string, args []sqlparser.Expr, vars variables) (int, bool) {
	switch name {
	case "abs", "greatest", "least", "mod", "ifnull", "coalesce":
		return most(args, vars)
	case "ceil", "ceiling", "floor":
		return 0, true
	case "round", "truncate":
		if len(args) == 1 {
			return 0, true
		}
		n, known := places(args[0], vars)
		wanted, too := wholeOf(args[1], vars)
		if n == 0 {
			wanted = 0 // a whole number stays one
		}
		return min(max(wanted, 0), maxPlaces), known && too
	default:
		return 0, false
	}
}

func wholeOf(e sqlparser.Expr, vars variables) (int, bool) {
	if x, ok := e.(*sqlparser.Argument); ok {
		return vars.whole(x.Name)
	}
	n, err := strconv.Atoi(sqlparser.String(e))
	return n, err == nil
}

func placesOfCast(t *sqlparser.ConvertType) (int, bool) {
	switch strings.ToLower(t.Type) {
	case "signed", "unsigned":
		return 0, true
	case "decimal":
		if t.Scale == nil {
			return 0, true
		}
		return *t.Scale, true
	default:
		return 0, false
	}
}

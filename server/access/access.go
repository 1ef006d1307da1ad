// Package access decides who may do what: every call of a service passes
// Authorize with the workspace of the object it is about.
//
// It may import engine/ledger and sdk/fault only.
package access

import (
	"context"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// Role is what a person or a token is in a workspace.
type Role string

// The roles; each may do what those before it may.
const (
	Viewer   Role = "viewer"
	Operator Role = "operator"
	Editor   Role = "editor"
	Admin    Role = "admin"
)

// Valid reports whether the role exists.
func (r Role) Valid() bool { return rank(r) > 0 }

func rank(r Role) Action {
	switch r {
	case Viewer:
		return Read
	case Operator:
		return Operate
	case Editor:
		return Edit
	case Admin:
		return Administer
	default:
		return 0
	}
}

// Action is what a call does to its object.
type Action int8

// The actions.
const (
	// Read looks at something.
	Read Action = iota + 1
	// Operate runs flows and repairs documents.
	Operate
	// Edit changes flows and connections.
	Edit
	// Administer changes users and tokens.
	Administer
)

// Principal is who calls.
type Principal struct {
	Workspace ledger.ID
	// User is 0 for the command line and the program's own work.
	User ledger.ID
	Name string
	Role Role
}

type contextKey struct{}

// With gives a context in which p calls.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// Of gives who calls; "auth.login_required" when nobody is known.
func Of(ctx context.Context) (Principal, error) {
	p, ok := ctx.Value(contextKey{}).(Principal)
	if !ok {
		return p, fault.New("auth.login_required", "log in first").Classed(fault.Auth)
	}
	return p, nil
}

// Here gives who calls if they may do the action in their own workspace: for
// lists and for objects that do not exist yet.
func Here(ctx context.Context, action Action) (Principal, error) {
	p, err := Of(ctx)
	if err != nil {
		return p, err
	}
	return p, Authorize(ctx, action, p.Workspace)
}

// Authorize reports whether the caller may do the action to an object of a
// workspace. An object of another workspace does not exist for the caller
// ("object.missing"); a role that does not suffice is "auth.forbidden".
func Authorize(ctx context.Context, action Action, workspace ledger.ID) error {
	p, err := Of(ctx)
	switch {
	case err != nil:
		return err
	case p.Workspace != workspace:
		return Missing()
	case rank(p.Role) < action:
		return fault.New("auth.forbidden", "your role may not do this").Classed(fault.Auth).
			Hinted("ask an administrator of the workspace for a role that may")
	default:
		return nil
	}
}

// Missing is the answer for objects that do not exist for the caller.
func Missing() *fault.Fault {
	return fault.New("object.missing", "there is no such object, or it was deleted").Classed(fault.Config)
}

package app

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/store/accountstore"
)

func (c *cli) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "API tokens", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var name, role string
	var days int
	create := &cobra.Command{
		Use:   "create",
		Short: "Make an API token and print it, this once",
		Long: "Makes an API token of the data folder's workspace and prints it, this once. With the embedded database the server must\n" +
			"be stopped meanwhile; tokens are also made in the browser.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var expires time.Time
			if days > 0 {
				expires = now().AddDate(0, 0, days)
			}
			return c.createToken(cmd.Context(), name, access.Role(role), expires)
		},
	}
	c.storeFlags(create)
	create.Flags().StringVar(&name, "name", "", "what the token is for")
	create.Flags().StringVar(&role, "role", string(access.Operator), "viewer, operator, editor or admin")
	create.Flags().IntVar(&days, "days", 0, "how many days it is good for (default: for ever)")
	cmd.AddCommand(create)
	return cmd
}

func (c *cli) createToken(ctx context.Context, name string, role access.Role, expires time.Time) (err error) {
	settings, err := c.settings()
	if err != nil {
		return err
	}
	db, err := product.OpenStore(ctx, settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	accounts, err := account.New(account.Config{Store: accountstore.New(db), Clock: now})
	if err != nil {
		return err
	}
	_, secret, err := accounts.CreateToken(c.operator(ctx), name, role, expires)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(map[string]string{"token": secret})
	}
	c.Say("%s", secret)
	return nil
}

// operator is whoever may run this program over the data folder: they could read
// and write all of it anyway.
func (*cli) operator(ctx context.Context) context.Context {
	return access.With(ctx, access.Principal{Workspace: workspace, Name: "karez", Role: access.Admin})
}

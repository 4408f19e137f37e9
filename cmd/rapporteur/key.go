package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"rapporteur/access"
	"rapporteur/qa"
)

type keyCommand struct {
	Create keyCreateCommand `cmd:"" help:"${help_key_create}"`
	List   keyListCommand   `cmd:"" help:"${help_key_list}"`
	Revoke keyRevokeCommand `cmd:"" help:"${help_key_revoke}"`
}

type keyCreateCommand struct {
	Name        string   `arg:"" help:"${help_key_name}"`
	ReadOnly    bool     `help:"${help_key_read_only}"`
	Collections []string `help:"${help_key_collections}"`
	Admin       bool     `help:"${help_key_admin}"`
}

// Run makes a key and prints its secret, alone on its line, once.
func (c *keyCreateCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		var collections []qa.CollectionID
		for _, name := range c.Collections {
			collections = append(collections, qa.CollectionID(name))
		}
		if c.Admin && len(collections) > 0 {
			return qa.E(qa.Invalid, "admin_everywhere")
		}
		secret, _, err := c.create(ctx, svc.guard, collections)
		if err != nil {
			return err
		}
		term.say("key_created")
		_, err = fmt.Fprintln(term.out, secret)
		return err
	})
}

func (c *keyCreateCommand) create(ctx context.Context, g *access.Guard, collections []qa.CollectionID) (string, qa.Key, error) {
	if c.Admin {
		return g.CreateAdmin(ctx, c.Name, !c.ReadOnly)
	}
	return g.Create(ctx, c.Name, !c.ReadOnly, collections)
}

type keyListCommand struct{}

// Run lists the keys by their prefixes.
func (c *keyListCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		keys, err := svc.guard.List(ctx)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			term.say("no_keys")
		}
		w := tabwriter.NewWriter(term.out, 0, 4, 2, ' ', 0)
		for _, k := range keys {
			rights, revoked := "read", ""
			if k.Write {
				rights = "read, write"
			}
			if k.Admin {
				rights += ", admin"
			}
			if !k.RevokedAt.IsZero() {
				revoked = "revoked " + k.RevokedAt.Local().Format("2006-01-02")
			}
			fmt.Fprintf(w, "%s\t%s…\t%s\t%s\t%v\t%s\t%s\n", k.ID, k.Prefix, k.Name, rights, k.Collections,
				k.CreatedAt.Local().Format("2006-01-02"), revoked)
		}
		return w.Flush()
	})
}

type keyRevokeCommand struct {
	ID string `arg:"" help:"${help_key_id}"`
}

// Run ends a key.
func (c *keyRevokeCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		if err := svc.guard.Revoke(ctx, c.ID); err != nil {
			return err
		}
		term.say("key_revoked_done", c.ID)
		return nil
	})
}

package oauth_test

import (
	"time"

	"mandorla/internal/access"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

// centerCalls are faultCalls of the App Center, the profile and the super admin's console.
var centerCalls = []faultCall{
	{"CreateClient", "", func(w *world) func() error {
		return func() error {
			_, _, err := w.as.CreateClient(w.Context(), w.operator("T1"), oauth.ClientInput{Name: "New", Kind: oauth.Confidential, Set: w.full(), RedirectURIs: []string{callback}})
			return err
		}
	}},
	{"Client", "client", func(w *world) func() error {
		return func() error { return second(w.as.Client(w.Context(), w.tenant["T1"], w.c1.ID)) }
	}},
	{"Clients", "client", func(w *world) func() error {
		return func() error { return second(w.as.Clients(w.Context(), w.tenant["T1"])) }
	}},
	{"UpdateClient", "", func(w *world) func() error { return w.change(w.everywhere(), true) }},
	{"UpdateClient to disable", "", func(w *world) func() error { return w.change(w.everywhere(), false) }},
	{"DeleteClient", "", func(w *world) func() error {
		c := w.everywhere()
		return func() error { return w.as.DeleteClient(w.Context(), w.operator("T1"), c.ID) }
	}},
	{"RegenerateSecret", "", func(w *world) func() error {
		c, err := w.as.SetClientReach(w.Context(), w.super(), w.k1.ID, w.k1.Version, false, true)
		must(w.T, err)
		w.ok(w.exchange(c, w.approve("B", w.query(c)).Query().Get("code"), "client_secret="+w.secret))
		return func() error { return second(w.as.RegenerateSecret(w.Context(), w.operator("T1"), c.ID, 0)) }
	}},
	{"SetClientReach", "client", func(w *world) func() error {
		c, by := w.everywhere(), w.super()
		return func() error { return second(w.as.SetClientReach(w.Context(), by, c.ID, c.Version, false, false)) }
	}},
	{"ReachOf", "", func(w *world) func() error {
		c, by := w.everywhere(), w.super()
		return func() error {
			_, _, err := w.as.ReachOf(w.Context(), by, c.ID)
			return err
		}
	}},
	{"ConnectionsElsewhere", "", func(w *world) func() error {
		c := w.everywhere()
		return func() error { return second(w.as.ConnectionsElsewhere(w.Context(), w.tenant["T1"], c.ID)) }
	}},
	{"PublishedApps", "authorization", func(w *world) func() error {
		w.everywhere()
		by := w.visitor("B").Principal
		return func() error { return second(w.as.PublishedApps(w.Context(), by)) }
	}},
	{"PublishedApp", "authorization", func(w *world) func() error {
		c, by := w.everywhere(), w.visitor("B").Principal
		return func() error { return second(w.as.PublishedApp(w.Context(), by, c.ID)) }
	}},
	{"ShutOut", "authorization", func(w *world) func() error {
		c, by := w.everywhere(), w.visitor("B").Principal
		return func() error { return w.as.ShutOut(w.Context(), by, c.ID, true) }
	}},
	{"Allowed", "allowed", func(w *world) func() error {
		return func() error { return second(w.as.Allowed(w.Context())) }
	}},
	{"SetAllowed", "", func(w *world) func() error {
		by := w.super()
		return func() error { return w.as.SetAllowed(w.Context(), by, oauth.Allowed{Documents: true}) }
	}},
	{"Policy", "policy", func(w *world) func() error {
		w.trust()
		return func() error { return second(w.as.Policy(w.Context(), w.tenant["T1"])) }
	}},
	{"SetPolicy", "", func(w *world) func() error {
		w.trust()
		w.ok(w.exchange(appM1, w.code(appM1)))
		p, err := w.as.Policy(w.Context(), w.tenant["T1"])
		must(w.T, err)
		p.Hosts = nil
		return func() error { return second(w.as.SetPolicy(w.Context(), w.operator("T1"), p)) }
	}},
	{"DecideClient", "client", func(w *world) func() error {
		w.trust()
		w.ok(w.exchange(appM1, w.code(appM1)))
		c := w.own("T1", m1)
		return func() error { return second(w.as.DecideClient(w.Context(), w.operator("T1"), c.ID, c.Version, false)) }
	}},
	{"SetClientLogo", "", func(w *world) func() error {
		file := somePNG(w.T)
		return func() error { return w.as.SetClientLogo(w.Context(), w.operator("T1"), w.k1.ID, file) }
	}},
	{"RemoveClientLogo", "", func(w *world) func() error {
		must(w.T, w.as.SetClientLogo(w.Context(), w.operator("T1"), w.k1.ID, somePNG(w.T)))
		return func() error { return w.as.RemoveClientLogo(w.Context(), w.operator("T1"), w.k1.ID) }
	}},
	{"ClientLogo", "", func(w *world) func() error {
		must(w.T, w.as.SetClientLogo(w.Context(), w.operator("T1"), w.k1.ID, somePNG(w.T)))
		c, err := w.as.Client(w.Context(), w.tenant["T1"], w.k1.ID)
		must(w.T, err)
		return func() error { return second(w.as.ClientLogo(w.Context(), c.ID, c.LogoHash)) }
	}},
	{"Application", "client authorization role", func(w *world) func() error {
		w.connect()
		id, p := w.connections("A")[0].ID, w.visitor("A").Principal
		return func() error { return second(w.as.Application(w.Context(), p, id)) }
	}},
	{"ClientConnections", "authorization", func(w *world) func() error {
		w.connect()
		return func() error { return second(w.as.ClientConnections(w.Context(), w.tenant["T1"], w.c1.ID)) }
	}},
	{"PersonConnections", "authorization", func(w *world) func() error {
		w.connect()
		return func() error { return second(w.as.PersonConnections(w.Context(), w.tenant["T1"], w.user["A"])) }
	}},
	{"EndConnection", "", func(w *world) func() error {
		w.connect()
		id, p := w.connections("A")[0].ID, w.visitor("A").Principal
		return func() error { return w.as.EndConnection(w.Context(), p, id) }
	}},
	{"NarrowConnection", "authorization", func(w *world) func() error {
		w.connect()
		id, p := w.connections("A")[0].ID, w.visitor("A").Principal
		return func() error { return w.as.NarrowConnection(w.Context(), p, id, viewing("Company")) }
	}},
	{"EndPersonConnections", "", func(w *world) func() error {
		w.connect()
		return func() error { return w.as.EndPersonConnections(w.Context(), w.operator("T1"), w.user["A"]) }
	}},
	{"EndClientConnections", "", func(w *world) func() error {
		w.everywhere()
		return func() error { return w.as.EndClientConnections(w.Context(), w.operator("T1"), w.c1.ID) }
	}},
	{"EndEverything", "", func(w *world) func() error {
		w.connect()
		return func() error { return second(w.as.EndEverything(w.Context(), "a restore")) }
	}},
	{"Impact of a client", "client authorization role", func(w *world) func() error {
		c := w.everywhere()
		return func() error {
			return second(w.as.Impact(w.Context(), w.operator("T1"), oauth.Change{Client: c.ID, Set: viewing("Company")}))
		}
	}},
	{"Impact of a role", "client authorization role", func(w *world) func() error {
		w.connect()
		r := w.find(identity.Administrator)
		return func() error { return second(w.as.Impact(w.Context(), w.operator("T1"), oauth.Change{Role: &r})) }
	}},
	{"Widened", "client authorization role", func(w *world) func() error {
		w.connect()
		return func() error { return second(w.as.Widened(w.Context(), w.tenant["T1"], w.c1.ID)) }
	}},
	{"LivingTokens", "", func(w *world) func() error {
		return func() error { return second(w.as.LivingTokens(w.Context(), w.tenant["T1"], w.c1.ID)) }
	}},
	{"Through a connection", "client authorization role", func(w *world) func() error {
		w.connect()
		return func() error {
			_, _, err := w.as.Through(w.Context(), w.operator("T1"), w.c1.ID, w.user["A"], access.SurfaceMCP)
			return err
		}
	}},
	{"Through a published client", "client role", func(w *world) func() error {
		c := w.published()
		return func() error {
			_, _, err := w.as.Through(w.Context(), w.operator("T2"), c.ID, w.user["B"], access.SurfaceMCP)
			return err
		}
	}},
	{"Signs", "", func(w *world) func() error {
		return func() error { return second(w.as.Signs(w.Context())) }
	}},
	{"Flush", "", func(w *world) func() error {
		at, _ := w.connect()
		w.clock.Add(time.Minute)
		if !w.works(at) {
			w.Fatal("the token does not work")
		}
		w.do("GET", "/.well-known/oauth-authorization-server", "", "User-Agent: x/1")
		return func() error { return w.as.Flush(w.Context()) }
	}},
	{"Clean", "", func(w *world) func() error {
		return func() error { return w.as.Clean(w.Context()) }
	}},
}

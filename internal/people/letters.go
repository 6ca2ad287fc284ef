package people

import (
	"fmt"
	"strings"

	"mandorla/internal/identity"
	"mandorla/internal/mail"
)

// The mails, in plain text and short sentences. Names come from people: one line each, and not longer than a name.

func invitationMail(in identity.Invitation, link string) mail.Message {
	who := name(in.ByName)
	if in.By == "" || who == "" {
		who = "The operator of the installation"
	}
	tenant := name(in.TenantName)
	return mail.Message{
		To: in.Email, Subject: "You are invited to " + tenant,
		Text: fmt.Sprintf(`%s invites you to %s on Mandorla.

Open this link to join. It works once, until %s UTC:

%s

If you did not expect this, do nothing. Nobody can join in your place without this link.
`, who, tenant, in.ExpiresAt.UTC().Format("2 January 2006, 15:04"), link),
	}
}

func resetMail(to, link string) mail.Message {
	return mail.Message{
		To: to, Subject: "Choose a new password",
		Text: fmt.Sprintf(`Somebody asked for a new password for %s on Mandorla.

Open this link to choose one. It works once, for an hour:

%s

When you do, every session and every connected app of your account ends.

If it was not you, do nothing. Your password stays as it is.
`, to, link),
	}
}

// name keeps what somebody is called on one line.
func name(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if r := []rune(s); len(r) > 80 {
		s = string(r[:80]) + "…"
	}
	return s
}

package kit

// AppLogo is the picture of an app: its logo, else an icon, else the first letter of its name. {{template "app-logo" .}} draws it large.
type AppLogo struct {
	Image string // address of the logo; "" for none
	Icon  string
	Name  string
}

// Initial is the letter drawn where there is neither a logo nor an icon.
func (l AppLogo) Initial() string { return initials(l.Name, 1) }

// CheckedLine is what a check made while typing says about one line; {{template "checks" .}} draws a list of them.
type CheckedLine struct {
	Line string // as typed; "" for the only line of a one-line field
	Text string // why it is good or bad
	Good bool
}

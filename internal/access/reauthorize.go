package access

// Reauthorized gives the principal that the same person would have if they authorized the same client anew, for all that client and
// roles allow now. It is for asking whether that would help, never for answering a call. ok is false where no new authorization can be
// had: for whoever does not come through one.
func (p Principal) Reauthorized() (wide Principal, ok bool) {
	if p.Client == "" || p.Authorization == "" || p.Sides == nil {
		return Principal{}, false
	}
	p.Lanes = ConnectingLanes(p.Sides.Roles)
	for i := range p.Lanes {
		p.Lanes[i].Set = DataOnly(p.Lanes[i].Set)
	}
	if !p.Sides.Dynamic {
		p.Lanes = ThroughClient(p.Lanes, p.Sides.Client, p.Sides.Client)
	}
	return p, true
}

"""变更申请: a school asks to change its own entry; head, district and city see it before it takes effect."""

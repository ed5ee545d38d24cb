-- For forgetting claims that have ended.
create index claim_ends on claim (until);

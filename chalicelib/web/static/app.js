/* The console of borrowers and lenders: which pages there are for whom. */

import { start } from "./shell.js";

const common = [
  ["/wallet", () => import("./page-wallet.js"), "Wallet"],
  ["/profile", () => import("./page-profile.js"), "Profile"],
];
const visitor = [
  ["/register", () => import("./page-register.js"), "Open an account"],
  [".*", () => import("./page-sign-in.js"), "Sign in"],
];
const elsewhere = [[".*", () => import("./page-wrong-console.js"), "Another console"]];
const borrower = [
  ["/", () => import("./page-home.js"), "Home"],
  ["/request", () => import("./page-request.js"), "Request a loan"],
  ["/loans", () => import("./page-my-loans.js"), "My loans"],
  ["/loans/:id", () => import("./page-loan.js"), "Loan"],
  ["/loans/:id/offers", () => import("./page-offers.js"), "Offers"],
  ...common,
];
const lender = [
  ["/", () => import("./page-lend.js"), "Home"],
  ["/market", () => import("./page-market.js"), "Open loans"],
  ["/market/:id", () => import("./page-market-loan.js"), "Loan"],
  ["/portfolio", () => import("./page-portfolio.js"), "Portfolio"],
  ["/auto", () => import("./page-auto.js"), "Auto-invest"],
  ...common,
];
const NAVIGATION = {
  BORROWER: [
    ["/", "house", "Home"],
    ["/loans", "list-checks", "My loans"],
    ["/request", "hand-coins", "Request"],
    ["/wallet", "wallet", "Wallet"],
  ],
  LENDER: [
    ["/", "house", "Home"],
    ["/market", "store", "Market"],
    ["/portfolio", "chart-column", "Portfolio"],
    ["/auto", "repeat", "Auto"],
    ["/wallet", "wallet", "Wallet"],
  ],
};
const ROUTES = { BORROWER: borrower, LENDER: lender, ADMIN: elsewhere };

start({
  name: "Console",
  routesFor: (user) => ROUTES[user?.role] ?? visitor,
  navFor: (user) => NAVIGATION[user?.role] ?? [],
});

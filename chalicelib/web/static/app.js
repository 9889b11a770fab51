/* The console of borrowers and lenders: its pages and navigation by role. */

import { startConsole } from "./shell.js";

const unsubscribe = ["/unsubscribe", () => import("./page-unsubscribe.js"), "Unsubscribe"];
const common = [
  ["/wallet", () => import("./page-wallet.js"), "Wallet"],
  ["/wallet/transfers", () => import("./page-transfers.js"), "Deposits and withdrawals"],
  ["/wallet/transfers/:id", () => import("./page-transfer.js"), "Transfer"],
  ["/wallet/bank-accounts", () => import("./page-bank-accounts.js"), "Bank accounts"],
  ["/notifications", () => import("./page-inbox.js"), "Notifications"],
  ["/notifications/preferences", () => import("./page-notification-preferences.js"), "Notification preferences"],
  ["/developers", () => import("./page-developers.js"), "Developers"],
  ["/developers/events", () => import("./page-event-types.js"), "Event types"],
  ["/developers/:id", () => import("./page-webhook-endpoint.js"), "Webhook endpoint"],
  ["/profile", () => import("./page-profile.js"), "Profile"],
  unsubscribe,
];
const signedOut = [
  unsubscribe,
  ["/register", () => import("./page-register.js"), "Open an account"],
  [".*", () => import("./page-sign-in.js"), "Sign in"],
];
const wrongConsole = [unsubscribe, [".*", () => import("./page-wrong-console.js"), "Wrong console"]];
const borrower = [
  ["/", () => import("./page-borrower-home.js"), "Home"],
  ["/request", () => import("./page-request.js"), "Request a loan"],
  ["/loans", () => import("./page-my-loans.js"), "My loans"],
  ["/loans/:id", () => import("./page-loan.js"), "Loan"],
  ["/loans/:id/offers", () => import("./page-offers.js"), "Offers"],
  ...common,
];
const lender = [
  ["/", () => import("./page-lender-home.js"), "Home"],
  ["/market", () => import("./page-market.js"), "Open loans"],
  ["/market/:id", () => import("./page-market-loan.js"), "Loan"],
  ["/portfolio", () => import("./page-portfolio.js"), "Portfolio"],
  ["/auto", () => import("./page-auto-invest.js"), "Auto-invest"],
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
    ["/auto", "repeat", "Auto-invest"],
    ["/wallet", "wallet", "Wallet"],
  ],
};
const ROUTES = { BORROWER: borrower, LENDER: lender, ADMIN: wrongConsole };

startConsole({
  name: "Console",
  routesFor: (user) => ROUTES[user?.role] ?? signedOut,
  navFor: (user) => NAVIGATION[user?.role] ?? [],
});

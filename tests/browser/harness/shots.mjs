/** Where the pictures go: `cargo xtask test` names the folder. */
import { join } from "node:path";

export const SHOTS = process.env.TONGMA_SCREENSHOTS ?? join(process.cwd(), "target/screenshots");

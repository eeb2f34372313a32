//! The binary `tongma`: the platform, its demo, and the tools around it.

/// Prints a line; a reader that has gone away (`| head`) is no reason to stop.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

/// Prints a line for whoever runs the process.
macro_rules! note {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

mod assembly;
mod audit;
mod bench;
mod children;
mod codes;
mod data;
mod demo;
mod doctor;
mod documents;
mod listen;
mod migrate;
mod serve;
mod side;
mod stores;
mod system;
mod walk;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Counts this thread's allocations for `tongma bench code`.
#[global_allocator]
static ALLOCATOR: tongma_allocations::Counting = tongma_allocations::Counting;

/// Tongma 通码: one personal code that gets everything done.
///
/// Without a command it starts the demo: the platform on an embedded store in ./data, a sign-in provider and a payment
/// rail beside it, fictional citizens and the venues of the launch table.
#[derive(Debug, Parser)]
#[command(name = "tongma", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    serve: serve::ServeArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the platform (the default).
    Serve(Box<serve::ServeArgs>),
    /// Bring the store's tables up to date, without starting anything.
    Migrate(migrate::MigrateArgs),
    /// Look over this machine and the data directory, and say in plain words what is wrong.
    Doctor(doctor::DoctorArgs),
    /// Make, check and explain personal codes.
    #[command(subcommand)]
    Code(codes::CodeCommand),
    /// The sealed log: verify it, seal what is new, check a receipt offline.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Measure, beside a peer in the same run. Build with --release first.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// Run the demo's OpenID Connect provider: sign-in without passwords, for trying things out.
    DemoProvider(side::ProviderArgs),
    /// Run the payment-code rail simulator: a rail that misbehaves on request.
    RailSimulator(side::RailArgs),
    /// Run the text gateway's simulator: it keeps what would have gone to phones.
    SmsSimulator(side::SmsArgs),
    /// Run the simulator of the police system for lodging houses: it takes reports, and misbehaves on request.
    AuthoritySimulator(side::AuthorityArgs),
    /// Drive every built scenario over real HTTP, every cell of its row, and check each by a second read.
    Walk(walk::WalkArgs),
    /// Write the documents that are generated from the code.
    #[command(hide = true)]
    Documents(documents::DocumentsArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run(cli)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed(&error),
    }
}

async fn run(cli: Cli) -> std::io::Result<bool> {
    match cli.command {
        Some(Command::Code(command)) => codes::run(command).await,
        Some(Command::Audit(command)) => audit::run(command).await,
        Some(Command::Bench(command)) => bench::run(command).await,
        Some(Command::DemoProvider(args)) => side::provider(args).await.map(|()| true),
        Some(Command::RailSimulator(args)) => side::rail(args).await.map(|()| true),
        Some(Command::SmsSimulator(args)) => side::sms(args).await.map(|()| true),
        Some(Command::AuthoritySimulator(args)) => side::authority(args).await.map(|()| true),
        Some(Command::Walk(args)) => walk::run(args).await,
        Some(Command::Documents(args)) => documents::run(&args).map(|()| true),
        Some(Command::Migrate(args)) => migrate::run(&args).map(|()| true),
        Some(Command::Doctor(args)) => doctor::run(&args).await,
        Some(Command::Serve(args)) => serve::run(*args).await.map(|()| true),
        None => serve::run(cli.serve).await.map(|()| true),
    }
}

fn failed(error: &std::io::Error) -> ExitCode {
    note!("tongma: {error}");
    ExitCode::from(2)
}

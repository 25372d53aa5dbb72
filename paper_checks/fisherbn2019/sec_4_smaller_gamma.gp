# Test loss after five epochs on ten clusters against the initial $\gamma$, at several fractions of each $\gamma$'s $\eta_*$: means over networks with their standard errors.
set title sprintf("Width %s, ten clusters", setting("N"))
set xlabel "γ"
set ylabel "test loss"
@two_rows
set logscale xy
set xtics (0.1, 0.3, 1, 2, 4)
set xrange [0.085:4.7]
names = "⅛η_* ½η_* η_*/32 η_*/128"
plot for [i=1:4] table using "gamma":(10**column("log_loss")):(10**(column("log_loss") - column("log_loss_err"))):(10**(column("log_loss") + column("log_loss_err"))) \
        every 4::i-1 with yerrorlines linetype i title word(names, i)

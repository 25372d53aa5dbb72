# $1-\rho_{\max}$ against the depth of erf networks: at infinite width with critical variances (black) and with a little more bias (dashed), and
# what inequality (4.2) allows (blue).
set title "erf networks at criticality"
set xlabel "depth L (non-linear layers)"
set ylabel "1 − ρ_{max}"
set logscale xy
set format y "10^{%L}"
@depths
plot table using "L":(pick("critical", column("bound"))) with lines linestyle 3 title "bound (4.2)", \
     "" using "L":(pick("critical", column("gap"))) with lines linestyle 1 title "critical", \
     "" using "L":(pick("chosen", column("gap"))) with lines linestyle 1 dashtype 2 title "ratio + ".number("excess")
